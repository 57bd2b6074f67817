"""Rules of all kinds, and headers of mail in several languages that none of them matches.

Both are made of the same words, so that an index of the rules has as much to do as with real mail: two words stand next
to each other in a header if the sum of their numbers is even, and in a rule if it is odd.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from random import Random


def _distinct(words: str) -> list[str]:
    """Give the words that are no part of another, in which they would be met by chance."""
    every = words.split()
    return [word for word in every if sum(word.lower() in other.lower() for other in every) == 1]


_ENGLISH = _distinct(
    "account action address agenda alert annual answer approval archive arrival audit backup balance bank bill board "
    "booking branch budget build calendar campaign cancel card change charge chart check city class client closing "
    "code comment common company complete confirm contact contract copy course credit customer daily data date deal "
    "delivery deploy desk detail digest discount document domain draft error estimate event expense export failure "
    "family feedback figure file final flight forecast forum garden general green group growth guide health holiday "
    "hosting house import incident index insurance invoice issue item job journal june key kitchen late launch law "
    "letter library license limit list login lunch mail manager market media meeting member memo merge message "
    "mobile monday money monitor monthly network news notice number offer office online open order package paper "
    "password patch payment people phone picture plan planet point policy portal post price print private product "
    "profile project proposal quality quarter quote reader receipt record recover release reminder rent repair "
    "reply report request reset result return review risk road sale sample schedule school score search season secure "
    "security seminar server service session shipping shop sign source speaker special staff status stock storage "
    "summary support survey system table target tax team term ticket today tool tour tracking training transfer travel "
    "trial update urgent user value vendor version video visit weekly welcome window winter work workshop year"
)
_GERMAN = _distinct(
    "Angebot Anfrage Auftrag Bestätigung Bestellung Buchung Einladung Erinnerung Frist Gebühr Geschäft Gutschein "
    "Haushalt Jahresübersicht Kündigung Lieferung Mahnung Mitglied möglich Rechnung Rückfrage Schlüssel "
    "Steuererklärung Straße Termin Überweisung Unterlagen Verfügbarkeit Verlängerung Vertrag Währung Zahlung Zugang"
)
_FRENCH = _distinct(
    "adhésion après août béton café commande créé début dépôt échéance élève facture fête garantie hôtel intérêt "
    "paiement première prêt qualité rappel rendez-vous réunion séjour société supplément théâtre vidéo"
)
_UKRAINIAN = _distinct(
    "рахунок замовлення оплата доставка нагадування зустріч договір звіт запит квиток підтвердження новини знижка "
    "бухгалтерія пропозиція повідомлення оновлення безпека подорож школа лист відпустка проєкт нарада"
)
_JAPANESE = [
    "請求書",
    "注文",
    "確認",
    "会議",
    "お知らせ",
    "重要",
    "更新",
    "予約",
    "配送",
    "領収書",
    "会員",
    "登録",
    "完了",
    "案内",
    "月次",
    "報告",
]
_CHARSETS = (
    (_GERMAN, ("iso-8859-1", "utf-8", "windows-1252")),
    (_FRENCH, ("iso-8859-15", "utf-8")),
    (_UKRAINIAN, ("koi8-u", "utf-8", "windows-1251")),
    (_JAPANESE, ("iso-2022-jp", "utf-8", "shift_jis")),
)
_FIRST = [
    "Ann",
    "Bob",
    "Carla",
    "Dmytro",
    "Elena",
    "Franz",
    "Grace",
    "Hiro",
    "Ines",
    "Jan",
    "Kofi",
    "Lena",
    "Mark",
    "Nadia",
    "Olha",
    "Pedro",
    "Rosa",
    "Sven",
    "Tara",
    "Uwe",
]
_LAST = [
    "Lee",
    "Kim",
    "Novak",
    "Petrenko",
    "Garcia",
    "Weber",
    "Sato",
    "Dubois",
    "Rossi",
    "Smith",
    "Costa",
    "Moreau",
    "Fischer",
    "Koval",
    "Lindgren",
    "Okafor",
]
_TLDS = ["com", "org", "net", "de", "fr", "com.ua", "co.jp", "example", "io", "info"]
_FLAGS = ("\\Flagged", "\\Answered", "\\Draft")
_EVEN, _ODD = 0, 1


def mixed_rules(number: int) -> str:
    """Write rules of all kinds.

    Of each 20 there are 5 on exact addresses or domains, 5 on parts of texts, 3 with a glob, 3 with a regular
    expression, 2 that nest, and 2 on size or flags alone.
    """
    random = Random(20)
    kinds = "aaaaacccccgggrrrnnss"
    order = "acgrnacsracgancrsagc"
    if sorted(order) != sorted(kinds):
        raise AssertionError("the kinds are not as many as they should be")
    return "\n".join(
        f'[[rules]]\nname = "rule {n}"\n{_MAKERS[order[n % 20]](random, n)}\nthen.move = "Box/{n % 50:02}"\n'
        for n in range(number)
    )


def headers(number: int) -> Iterator[bytes]:
    """Write as many different header blocks, of 2 to 8 fields each; 26 % have an encoded subject, 44 % a List-Id."""
    random = Random(44)
    for n in range(number):
        host = _host(random, _EVEN)
        fields = [f"From: {_mailbox(random, host)}".encode(), b"Subject: " + _subject(random, n)]
        if random.random() < 0.95:
            fields.append(f"To: {', '.join(_mailbox(random) for _ in range(_addresses(random)))}".encode())
        if random.random() < 0.15:
            fields.append(f"Cc: {', '.join(_mailbox(random) for _ in range(_addresses(random)))}".encode())
        if random.random() < 0.44:
            words = _words(random, _ENGLISH, 2, _EVEN)
            fields.append(f"List-Id: {' '.join(words)} <{'-'.join(words)}.{host}>".encode())
        if random.random() < 0.7:
            fields.append(f"Message-ID: <{random.getrandbits(64):x}.{n}@{host}>".encode())
        if random.random() < 0.6:
            fields.append(f"Date: Mon, {n % 28 + 1:02} Mar 2025 {n % 24:02}:{n % 60:02}:00 +0200".encode())
        if random.random() < 0.2:
            fields.append(f"Reply-To: {_mailbox(random, host)}".encode())
        yield b"\r\n".join((*fields, b"", b""))


def _addresses(random: Random) -> int:
    return random.choice((1, 1, 1, 1, 1, 1, 2, 2, 3, 6))


def _words(random: Random, language: Sequence[str], count: int, parity: int) -> list[str]:
    """Choose words of which any two neighbours have numbers of an even or an odd sum."""
    first = random.randrange(len(language))
    numbers = [first + parity * place for place in range(count)]
    return [language[(start + 2 * random.randrange(len(language))) % (len(language) & ~1)] for start in numbers]


def _host(random: Random, parity: int) -> str:
    host = "".join(_words(random, _ENGLISH, 2, parity))
    prefix = random.choice(("", "", "mail.", "news."))
    return f"{prefix}{host}{random.randrange(100)}.{random.choice(_TLDS)}"


def _mailbox(random: Random, host: str = "") -> str:
    first, last = random.choice(_FIRST), random.choice(_LAST)
    address = f"{first}.{last}@{host or _host(random, _EVEN)}"
    shape = random.random()
    if shape < 0.6:
        return f"{first} {last} <{address.lower()}>"
    if shape < 0.75:
        return f'"{last}, {first}" <{address}>'
    if shape < 0.8:
        return f"=?utf-8?B?{b64encode(f'{first} Müller'.encode()).decode()}?= <{address}>"
    return address.lower()


def _subject(random: Random, n: int) -> bytes:
    prefix = random.choice(("", "", "", "", "Re: ", "AW: ", "Fwd: ", f"[{random.choice(_ENGLISH)}] "))
    if random.random() < 0.26:
        language, charsets = random.choice(_CHARSETS)
        text = " ".join(_words(random, language, random.randint(3, 7), _EVEN)) + f" {n}"
        return (prefix + _encoded(random, text, random.choice(charsets))).encode("ascii")
    words = " ".join(_words(random, _ENGLISH, random.randint(3, 8), _EVEN))
    return f"{prefix}{words.capitalize() if random.random() < 0.5 else words} #{n}".encode()


def _encoded(random: Random, text: str, charset: str) -> str:
    """Write encoded words (RFC 2047), folded where the text is long, by either encoding."""
    pieces = [text] if len(text) < 25 else [text[: len(text) // 2], text[len(text) // 2 :]]
    if charset == "iso-2022-jp" or random.random() < 0.5:
        words = [f"=?{charset}?B?{b64encode(piece.encode(charset)).decode()}?=" for piece in pieces]
    else:
        words = [f"=?{charset}?Q?{''.join(map(_quoted, piece.encode(charset)))}?=" for piece in pieces]
    return "\r\n ".join(words)


def _quoted(octet: int) -> str:
    character = chr(octet)
    return "_" if character == " " else character if character.isascii() and character.isalnum() else f"={octet:02X}"


def _phrase(random: Random, separator: str = " ") -> str:
    language = random.choice((_ENGLISH, _ENGLISH, _ENGLISH, _ENGLISH, _GERMAN, _FRENCH, _UKRAINIAN))
    return separator.join(_words(random, language, 2, _ODD))


def _address_rule(random: Random, n: int) -> str:
    host = _host(random, _ODD)
    user = f"{random.choice(_FIRST)}.{random.choice(_LAST)}"
    return random.choice(
        (
            f'match.from = "{user}{n}@{host}"',
            f'match.from = "@{host}"',
            f'match.from.domain = "{host}"',
            f'match.recipient = "{user}+{n}@{host}"',
            f'match.from = ["{user}{n}@{host}", "@{_host(random, _ODD)}"]',
        )
    )


def _contains_rule(random: Random, n: int) -> str:
    return random.choice(
        (
            f'match.subject.contains = "{_phrase(random)}"',
            f'match.subject = "{_phrase(random)} {n}"',
            f'match.subject.contains = ["{_phrase(random)} ", "{_phrase(random)}"]',
            f'match.list_id.contains = "{"-".join(_words(random, _ENGLISH, 2, _ODD))}."',
            f'match.from.contains = "{"".join(_words(random, _ENGLISH, 2, _ODD))}"',
            f'match.subject.starts_with = "[{_phrase(random)}]"',
        )
    )


def _glob_rule(random: Random, n: int) -> str:
    return random.choice(
        (
            f'match.subject.glob = "*{_phrase(random)}*#*{n % 10}"',
            f'match.from = "*-{random.choice(_ENGLISH)}@*.{_host(random, _ODD)}"',
            f'match.from = "@*.{_host(random, _ODD)}"',
            f'match.list_id.glob = "*.{"".join(_words(random, _ENGLISH, 2, _ODD))}*"',
        )
    )


def _regex_rule(random: Random, n: int) -> str:
    one, two = _words(random, _ENGLISH, 2, _ODD)
    return random.choice(
        (
            rf"match.subject.regex = '(?i)\b{one}[ -]{two}\b'",
            rf"match.subject.regex = '^\[{one} {two}\] #?\d{{{n % 4 + 3},}}'",
            rf"match.subject.regex = '(?i)^((re|aw|fwd?): )*{one} {two} .*{n}'",
            rf"match.list_id.regex = '^{one}[.-]{two}\.'",
        )
    )


def _nested_rule(random: Random, n: int) -> str:
    address, text = _address_rule(random, n).removeprefix("match."), _contains_rule(random, n).removeprefix("match.")
    other = f"not = {{ {_address_rule(random, n + 1).removeprefix('match.')} }}"
    return random.choice(
        (
            f"match.any = [{{ {address} }}, {{ {text}, {other} }}]",
            f"match.any = [{{ {text} }}, {{ {_glob_rule(random, n).removeprefix('match.')} }}]\nmatch.{other}",
            f"match.{text}\nmatch.{other}",
        )
    )


def _size_or_flags_rule(random: Random, n: int) -> str:
    size = 40_000_000 + 1_000 * n
    return random.choice(
        (
            f"match.size.over = {size}",
            f"match.size = {{ over = {size - 7_000_000}, under = {size} }}",
            f'match.flags = "$Label{n}"',
            f"match.flags = ['{random.choice(_FLAGS)}', '$Group{n % 50}']",
            f"match.size.over = {1_000 + n % 30_000}\nmatch.flags = '$Label{n}'",
            f"match.size = {{ under = {100 + n % 400} }}",
        )
    )


_MAKERS = {
    "a": _address_rule,
    "c": _contains_rule,
    "g": _glob_rule,
    "r": _regex_rule,
    "n": _nested_rule,
    "s": _size_or_flags_rule,
}
