"""Makes hostile inputs out of sound ones: bytes turned, cut, doubled, put in from elsewhere, and words that break readers."""

from __future__ import annotations

from random import Random

WORDS: tuple[bytes, ...] = tuple(
    word.encode("utf-8", "surrogatepass")
    for word in (
        *("null", "true", "NaN", "-Infinity", "1e999", "0", "-1", "18446744073709551616", "9" * 5000, "0x", "1e-9"),
        *("[" * 3000, "{" * 3000, '{"a":' * 3000, "- " * 1500, "]" * 50, "[]", "{}", '""', '"', "'", "\\", "\\u0000"),
        *(
            "---\n",
            "---",
            ": ",
            "? ",
            "&a ",
            "*a",
            "<<: *a\n",
            "!!python/object/apply:os.system [x]\n",
            "!!binary x",
            "null: x\n",
        ),
        *(
            "&a [*a]",
            "2026-13-40",
            "0001-01-01T00:00:00+99:99",
            "1_000",
            "0o7",
            ".inf",
            "~",
            "=",
            "%YAML 9.9\n",
            "#",
            "\t",
            "\0",
        ),
        *(
            "\ufeff",
            "\u2028",
            "\x85",
            "\x0c",
            "\x1b[31m",
            "\u202e",
            "\ud800",
            "\U0010ffff",
            "\r",
            "\r\n",
            "\n",
            "\n\n\n",
            ",",
            ";",
        ),
        *(
            "[[canary]]\n",
            "[probe]\n",
            "id = 1\n",
            "topic = ''\n",
            "[a.b.c]\n",
            "a.b = 1\n",
            "'''",
            '"""',
            "1979-05-27",
            "+inf",
        ),
        *(
            "../../etc/passwd",
            "/dev/zero",
            "{{ 1/0 }}",
            "{% for x in y %}",
            "(a+)+$",
            "(?P<n>",
            "[[:alpha:]]",
            "<!--",
            "-->",
            "ownvoice:run",
        ),
    )
)


def mutated(sound: bytes, samples: tuple[bytes, ...], random: Random) -> bytes:
    """One to six changes."""
    data = bytearray(sound)
    for _ in range(random.choice((1, 1, 1, 2, 3, 6))):
        place = random.randrange(len(data) + 1)
        match random.randrange(7):
            case 0 if data:
                data[min(place, len(data) - 1)] ^= 1 << random.randrange(8)
            case 1:
                del data[place : place + random.choice((1, 2, 8, 200, 10**6))]
            case 2:
                data[place:place] = random.choice(WORDS)
            case 3:
                data[place:place] = data[place : place + random.choice((1, 10, 300))] * random.choice((1, 2, 40))
            case 4:
                other = random.choice(samples)
                start = random.randrange(len(other) + 1)
                data[place:place] = other[start : start + random.choice((5, 50, 500))]
            case 5:
                data[place : place + 8] = random.randbytes(random.choice((1, 4, 8)))
            case _:
                data[place : place + random.choice((1, 5, 20))] = random.choice(WORDS)
    return bytes(data)
