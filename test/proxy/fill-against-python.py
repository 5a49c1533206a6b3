# Reads lines of JSON, [sent, out, filled], the bodies in base64, and writes the numbers of those lines in which `out` is anything but
# the value that was sent, with what was missing behind its members. Numbers are decimals of any length, and told apart by their digits.
import base64
import json
import sys
from decimal import Decimal, InvalidOperation

FILL = {"precision": Decimal(100), "reference": "ref_1"}


def constant(text):
    raise ValueError(text)


def number(text):
    try:
        return Decimal(text)
    except InvalidOperation:  # an exponent that even decimal does not hold
        return text


class Members(list):
    """Those of an object, duplicates too, in their order."""


decoder = json.JSONDecoder(object_pairs_hook=Members, parse_int=number, parse_float=number, parse_constant=constant)


def first(body):
    text = body.decode("utf-8", "surrogateescape")
    value, end = decoder.raw_decode(text, len(text) - len(text.lstrip(" \t\r\n")))
    return value, text[end:]


def fold(key):
    return "".join(c.lower() if c.isascii() else {"\u017f": "s", "\u212a": "k"}.get(c, c) for c in key)


def agrees(sent, out, filled):
    try:
        value, rest = first(sent)
    except ValueError:
        value, rest = None, ""
    if not isinstance(value, Members):
        return filled == [] and out == sent
    missing = [name for name in FILL if not any(fold(key) == name and each is not None for key, each in value)]
    expected = Members([*value, *((name, FILL[name]) for name in missing)])
    return filled == missing and repr((expected, rest)) == repr(first(out))


wrong = []
for number, line in enumerate(sys.stdin):
    sent, out, filled = json.loads(line)
    if not agrees(base64.b64decode(sent), base64.b64decode(out), filled):
        wrong.append(number)
print(json.dumps(wrong))
