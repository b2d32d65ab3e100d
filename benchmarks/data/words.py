"""Invented names and addresses. Numbers end in 555-01xx and mailboxes in example.*: nobody has them."""

from random import Random

FIRST = (
    "Ada", "Alma", "Amir", "Anders", "Anouk", "Aria", "Arlo", "Asa", "Bela", "Bo", "Brisa",
    "Caio", "Cara", "Cleo", "Cyrus", "Dalia", "Dario", "Della", "Dina", "Eben", "Eli", "Elin",
    "Emi", "Enzo", "Esme", "Ezra", "Fay", "Finn", "Flora", "Gia", "Gil", "Greta", "Hana", "Hugo",
    "Ida", "Ilan", "Ines", "Iris", "Isla", "Ivo", "Jada", "Jael", "Jonas", "June", "Kai", "Kaia",
    "Kira", "Lars", "Leda", "Leo", "Lena", "Lina", "Luca", "Mae", "Mara", "Marek", "Mila", "Mira",
    "Nadia", "Nico", "Nina", "Noa", "Nora", "Odin", "Olga", "Omar", "Orla", "Otis", "Paz", "Pia",
    "Quin", "Rae", "Remy", "Rhea", "Rio", "Rosa", "Rufus", "Saba", "Sana", "Selma", "Silas",
    "Sol", "Suri", "Tala", "Tess", "Theo", "Tilda", "Uma", "Una", "Vera", "Vito", "Wanda", "Wren",
    "Xenia", "Yara", "Yusuf", "Zane", "Zara", "Zeno", "Zora",
)  # fmt: skip
LAST_FRONT = (
    "Ash", "Bar", "Bell", "Birch", "Brook", "Cal", "Cedar", "Clay", "Cole", "Dal", "Dun", "Elm",
    "Fair", "Fen", "Field", "Glen", "Gran", "Hal", "Hart", "Hazel", "Hol", "Ives", "Kel", "Lake",
    "Lang", "Lin", "Mar", "May", "Mill", "Mor", "Nor", "Oak", "Or", "Pell", "Quil", "Rad", "Rey",
    "Rob", "Ros", "San", "Sel", "Sil", "Stan", "Sten", "Tal", "Thorn", "Tor", "Val", "Van", "Wal",
    "West", "Whit", "Win", "Wood", "Yar",
)  # fmt: skip
LAST_BACK = (
    "ado", "ard", "berg", "bourne", "bury", "by", "combe", "dale", "den", "don", "eira", "ell",
    "ero", "ett", "feld", "ford", "garth", "gate", "ham", "hurst", "ier", "ina", "ini", "land",
    "ley", "lin", "low", "man", "mann", "mere", "ney", "ock", "ova", "quist", "ridge", "ros",
    "shaw", "smith", "son", "stead", "sted", "stone", "ton", "vale", "vik", "ward", "wick", "win",
    "wood", "worth", "yard",
)  # fmt: skip
STREETS = (
    "Alder", "Aspen", "Beech", "Canal", "Cherry", "Dover", "Fulton", "Garden", "Harbor",
    "Juniper", "Kent", "Laurel", "Linden", "Maple", "Market", "Meadow", "Mulberry", "Orchard",
    "Park", "Poplar", "Quarry", "River", "Spruce", "Summit", "Union", "Walnut", "Willow",
)  # fmt: skip
AREAS = (
    "201", "202", "203", "205", "206", "207", "208", "209", "210", "212", "213", "214", "215",
    "216", "217", "218", "219", "224", "225", "228", "229", "231", "234", "239", "240", "248",
    "251", "252", "253", "254", "256", "260", "262", "267", "269", "270", "276", "281", "301",
    "302", "303", "304", "305", "307", "308", "309", "310", "312", "313", "314", "315", "316",
    "317", "318", "319", "320", "321", "323", "325", "330", "331", "334", "336", "337", "347",
    "351", "352", "360", "361", "386", "401", "402", "404", "405", "406", "407", "408", "409",
    "410", "412", "413", "414", "415", "417", "419", "423", "425", "430", "432", "434", "435",
    "440", "443", "469", "478", "479", "480", "484", "501", "502", "503", "504", "505", "507",
    "508", "509", "510", "512", "513", "515", "516", "517", "518", "520", "530", "540", "541",
    "559", "561", "562", "563", "567", "570", "571", "573", "574", "580", "585", "586", "601",
    "602", "603", "605", "606", "607", "608", "609", "610", "612", "614", "615", "616", "617",
    "618", "619", "620", "623", "626", "630", "631", "636", "641", "646", "650", "651", "660",
    "661", "662", "678", "682", "701", "702", "703", "704", "706", "707", "708", "712", "713",
    "714", "715", "716", "717", "718", "719", "720", "724", "727", "731", "732", "734", "740",
    "757", "760", "763", "765", "770", "772", "773", "774", "775", "781", "785", "786", "801",
    "802", "803", "804", "805", "806", "808", "810", "812", "813", "814", "815", "816", "817",
    "818", "828", "830", "831", "832", "843", "845", "847", "848", "850", "856", "857", "858",
    "859", "860", "862", "863", "864", "865", "870", "901", "903",
)  # fmt: skip
ZONES = ("America/Chicago", "America/New_York", "America/Denver", "America/Los_Angeles")


def first_name(rng: Random) -> str:
    """A given name."""
    return rng.choice(FIRST)


def last_name(rng: Random) -> str:
    """A family name, put together: about three thousand."""
    return rng.choice(LAST_FRONT) + rng.choice(LAST_BACK)


def phone(number: int) -> str:
    """The `number`-th telephone number; after some twenty thousand they come round again."""
    area = AREAS[number // 100 % len(AREAS)]
    return f"+1{area}55501{number % 100:02d}"


def email(first: str, last: str, number: int) -> str:
    """A mailbox that nobody has."""
    return f"{first}.{last}.{number}@example.{('com', 'org', 'net')[number % 3]}".lower()
