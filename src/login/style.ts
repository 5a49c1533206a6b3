/** The only stylesheet of the pages. They have no script and load nothing. */
export const STYLE = `
:root{color-scheme:light dark;--ground:#f4f5f7;--card:#fff;--ink:#15181e;--soft:#5b6472;--line:#d9dde3;--field:#8a93a1;--accent:#1f4fd8;--on-accent:#fff;--warn:#b26a00;--bad:#b3261e;--bad-ground:#fdecea}
@media(prefers-color-scheme:dark){:root{--ground:#0f1115;--card:#191c22;--ink:#eceef2;--soft:#a3abb8;--line:#2c313a;--field:#6c7584;--accent:#8fb0ff;--on-accent:#0c1430;--warn:#f5b14c;--bad:#ffb4ab;--bad-ground:#3a1613}}
*{box-sizing:border-box}
body{margin:0;min-height:100vh;display:flex;flex-direction:column;align-items:center;justify-content:center;gap:1rem;padding:1.5rem 1rem;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{width:100%;max-width:26rem;background:var(--card);border:1px solid var(--line);border-radius:.75rem;padding:2rem}
.brand{display:flex;align-items:center;gap:.5rem;margin:0;color:var(--soft);font-size:.875rem;font-weight:600}
.brand svg{width:1.25rem;height:1.25rem;color:var(--accent)}
h1{margin:0 0 .5rem;font-size:1.375rem;line-height:1.25;overflow-wrap:anywhere}
p{margin:0 0 1rem}
.soft,dt{color:var(--soft);font-size:.875rem}
a{color:var(--accent)}
code{font:.875em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
form{margin:1.25rem 0 0}
label{display:block;margin:0 0 .375rem;font-weight:600;font-size:.875rem}
input:not([type=hidden],[type=checkbox],[type=radio]),select{width:100%;margin:0 0 1rem;padding:.625rem .75rem;border:1px solid var(--field);border-radius:.5rem;background:var(--card);color:var(--ink);font:inherit}
button,.button{display:inline-block;width:100%;padding:.6875rem 1rem;border:1px solid var(--accent);border-radius:.5rem;background:var(--accent);color:var(--on-accent);font:inherit;font-weight:600;text-align:center;text-decoration:none;cursor:pointer}
button:hover,.button:hover{filter:brightness(1.08)}
button.quiet,.button.quiet{background:transparent;border-color:var(--field);color:var(--ink)}
:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
input:focus-visible{border-color:var(--accent);outline-width:2px;outline-offset:0}
[hidden]{display:none!important}
form>:last-child,main>:last-child{margin-bottom:0}
.actions{display:flex;flex-wrap:wrap;gap:.75rem}
.actions>*{flex:1 1 8rem;width:auto}
.alert{margin:1rem 0 0;padding:.625rem .75rem;border:1px solid currentcolor;border-radius:.5rem;background:var(--bad-ground);color:var(--bad);font-size:.9375rem}
.note{padding:.625rem .75rem;border:1px solid var(--line);border-left:.25rem solid var(--warn);border-radius:.5rem;font-size:.9375rem}
dl{margin:0 0 1rem;padding:.75rem 0;border:solid var(--line);border-width:1px 0}
dd{margin:0 0 .5rem;overflow-wrap:anywhere}
dd:last-child{margin-bottom:0}
ul{margin:0 0 1rem;padding:0;list-style:none}
li{padding:.5rem 0;border-top:1px solid var(--line)}
li:last-child{border-bottom:1px solid var(--line)}
li code{display:block;color:var(--soft)}
footer{color:var(--soft);font-size:.8125rem;text-align:center}
@media(max-width:26rem){main{padding:1.5rem 1.25rem}}
`
