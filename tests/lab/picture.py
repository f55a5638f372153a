#!/usr/bin/env python3
"""Turns a terminal screen captured with colours into an SVG picture for the README.

    tmux capture-pane -p -e -t SESSION | tests/lab/picture.py > assets/pictures/NAME.svg

Reads what the terminal shows and nothing else: every picture is a real screen.
"""
import html
import re
import sys
import unicodedata

PALETTE = [
    "#1c1f26", "#e06c75", "#98c379", "#e5c07b", "#61afef", "#c678dd", "#56b6c2", "#d0d4dc",
    "#6b7280", "#ff7b86", "#b5e890", "#ffd68a", "#82c4ff", "#dd9bf0", "#7fdbe6", "#ffffff",
]
FOREGROUND, BACKGROUND = "#d0d4dc", "#1c1f26"
CELL_WIDTH, LINE_HEIGHT, MARGIN = 8.43, 18, 12


def indexed(number):
    """Colour of the 256-colour palette."""
    if number < 16:
        return PALETTE[number]
    if number >= 232:
        level = 8 + 10 * (number - 232)
        return f"#{level:02x}{level:02x}{level:02x}"
    number -= 16
    steps = [0, 95, 135, 175, 215, 255]
    return "#%02x%02x%02x" % (steps[number // 36], steps[number // 6 % 6], steps[number % 6])


def apply(style, codes):
    """Changes a style by the numbers of one SGR sequence."""
    position = 0
    while position < len(codes):
        code = codes[position]
        if code == 0:
            style.clear()
        elif code in (1, 2, 3, 4, 7):
            style[{1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse"}[code]] = True
        elif code == 22:
            style.pop("bold", None)
            style.pop("dim", None)
        elif code in (23, 24, 27):
            style.pop({23: "italic", 24: "underline", 27: "reverse"}[code], None)
        elif 30 <= code <= 37 or 90 <= code <= 97:
            style["fg"] = PALETTE[code - 30 if code < 90 else code - 82]
        elif 40 <= code <= 47 or 100 <= code <= 107:
            style["bg"] = PALETTE[code - 40 if code < 100 else code - 92]
        elif code in (38, 48):
            key = "fg" if code == 38 else "bg"
            if codes[position + 1 : position + 2] == [5]:
                style[key] = indexed(codes[position + 2])
                position += 2
            elif codes[position + 1 : position + 2] == [2]:
                style[key] = "#%02x%02x%02x" % tuple(codes[position + 2 : position + 5])
                position += 4
        elif code == 39:
            style.pop("fg", None)
        elif code == 49:
            style.pop("bg", None)
        position += 1


def width(character):
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def runs(line, style):
    """Pieces of a line with one style each: column, cells, text, style."""
    column, start, cells, text = 0, 0, 0, ""
    for part in re.split(r"(\x1b\[[0-9;:]*m)", line):
        match = re.fullmatch(r"\x1b\[([0-9;:]*)m", part)
        if match:
            if text:
                yield start, cells, text, dict(style)
            start, cells, text = column, 0, ""
            apply(style, [int(code or 0) for code in re.split("[;:]", match.group(1))])
            continue
        for character in part:
            text += character
            cells += width(character)
            column += width(character)
    if text:
        yield start, cells, text, dict(style)


def main():
    lines = sys.stdin.read().rstrip("\n").split("\n")
    plain = [re.sub(r"\x1b\[[0-9;:]*m", "", line) for line in lines]
    columns = max([80] + [sum(width(character) for character in line) for line in plain])
    picture_width = columns * CELL_WIDTH + 2 * MARGIN
    picture_height = len(lines) * LINE_HEIGHT + 2 * MARGIN
    print(f'<svg xmlns="http://www.w3.org/2000/svg" width="{picture_width:.0f}" height="{picture_height:.0f}" '
          f'font-family="DejaVu Sans Mono, Consolas, Menlo, monospace" font-size="14">')
    print(f'<rect width="100%" height="100%" rx="6" fill="{BACKGROUND}"/>')
    style = {}
    for number, line in enumerate(lines):
        top = MARGIN + number * LINE_HEIGHT
        for column, cells, text, look in runs(line, style):
            front, back = look.get("fg", FOREGROUND), look.get("bg")
            if look.get("reverse"):
                front, back = back or BACKGROUND, front
            left = MARGIN + column * CELL_WIDTH
            if back:
                print(f'<rect x="{left:.2f}" y="{top}" width="{cells * CELL_WIDTH:.2f}" height="{LINE_HEIGHT}" fill="{back}"/>')
            if not text.strip():
                continue
            extra = ' font-weight="bold"' if look.get("bold") else ""
            extra += ' fill-opacity="0.65"' if look.get("dim") else ""
            extra += ' text-decoration="underline"' if look.get("underline") else ""
            extra += ' font-style="italic"' if look.get("italic") else ""
            print(f'<text x="{left:.2f}" y="{top + 14}" fill="{front}"{extra} xml:space="preserve" '
                  f'textLength="{cells * CELL_WIDTH:.2f}" lengthAdjust="spacingAndGlyphs">{html.escape(text)}</text>')
    print("</svg>")


main()
