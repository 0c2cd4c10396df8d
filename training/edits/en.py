"""English: edits that change what a sentence says, and changes of surface that do not."""
import re

from .common import Edit, Swaps, both_ways

WORDS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
NUMBER = re.compile(r"(?<![\w.\-§(])(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\w\-]|\.\d|\))")
WORD_NUMBER = re.compile(r"\b(two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)\b")
REFERENCE = re.compile(r"(?:§ |Article |Section |Annex )(\d+)")
PROPER = re.compile(r"(?<![.!?:•\-] )(?<!^)(?<!\w)[A-Z][a-z]{2,}(?: (?:of |the )?[A-Z][a-z]{2,})*")
YEAR = re.compile(r"(?:19|20)\d\d")


def other_number(text, rng, around=()):
    same = [a for a in around if a != text and a.isalpha() == text.isalpha()]
    if same and rng.random() < 0.35:
        return rng.choice(same)
    if text.isalpha():
        at = WORDS.index(text.lower())
        return WORDS[rng.choice([i for i in range(2, 13) if i != at])]
    plain = text.replace(",", "")
    decimals = len(plain.split(".")[1]) if "." in plain else 0
    number = float(plain)
    if YEAR.fullmatch(text):
        return str(int(number) + rng.choice([-11, -10, -4, -3, -2, -1, 1, 2, 3, 5]))
    options = [number * 10, number * 2, number + max(10**-decimals, round(number * rng.uniform(0.1, 0.6), decimals))]
    if number > 1:
        options.append(max(0.0, number - max(10**-decimals, round(number * rng.uniform(0.1, 0.6), decimals))))
    new = f"{rng.choice(options):,.{decimals}f}" if "," in text else f"{rng.choice(options):.{decimals}f}"
    return new if new != text else None


def _table(operator, table, **more):
    return Swaps(operator, table, words=True, **more)


TABLES = [
    _table("modality", {
        "must": ["may", "need not"], "shall": ["may", "need not"], "may": ["must"], "must not": ["may"], "shall not": ["may"],
        "may not": ["must", "may"], "is required to": ["is not required to"], "are required to": ["are not required to"],
        "is entitled to": ["is not entitled to"], "should": ["should not"], "should not": ["should"], "required": ["optional"],
        "mandatory": ["optional"], "prohibited": ["permitted"], "permitted": ["prohibited"]}, fixed=["may be", "may have", "may also"]),
    _table("bound", both_ways([
        ("at least", "at most"), ("more than", "less than"), ("greater than", "less than"), ("before", "after"), ("above", "below"),
        ("minimum", "maximum"), ("no later than", "no earlier than"), ("within", "after"), ("over", "under"), ("up to", "at least"),
        ("earlier", "later"), ("exceeds", "is below"), ("older", "younger")]), fixed=["over time", "over the counter", "under the", "set forth above"]),
    _table("unit", {
        "million": ["billion", "thousand"], "billion": ["million"], "thousand": ["million"], "days": ["months", "weeks", "hours"],
        "weeks": ["months", "days"], "months": ["years", "weeks"], "years": ["months", "decades"], "hours": ["days", "minutes"],
        "mg": ["g"], "percent": ["percentage points"], "business days": ["calendar days"], "minutes": ["hours"], "feet": ["miles"]}),
    _table("negation", {
        "is": ["is not"], "are": ["are not"], "was": ["was not"], "were": ["were not"], "can": ["cannot"], "cannot": ["can"],
        "is not": ["is"], "are not": ["are"], "was not": ["was"], "were not": ["were"], "does not": ["does"], "do not": ["do"],
        "did not": ["did"], "will": ["will not"], "will not": ["will"], "has": ["lacks"], "with": ["without"], "without": ["with"],
        "never": ["always"], "no": ["considerable"], "not": [""], "includes": ["excludes"], "causes": ["does not cause"],
        "requires": ["does not require"], "have been": ["have not been"], "has been": ["has not been"]},
        fixed=["that is", "has been shown", "with respect", "has a", "has no"]),
    _table("role", both_ways([
        ("lender", "borrower"), ("seller", "buyer"), ("controller", "processor"), ("creditor", "consumer"), ("employer", "employee"),
        ("men", "women"), ("males", "females"), ("children", "adults"), ("patients", "doctors"), ("provider", "deployer"),
        ("lessor", "lessee"), ("parents", "children"), ("treatment group", "control group"), ("placebo", "treatment"),
        ("mother", "father"), ("boys", "girls"), ("his", "her"), ("member states", "third countries"), ("applicant", "creditor"),
        ("bank", "customer"), ("shareholders", "directors"), ("mice", "humans"), ("north", "south"), ("eastern", "western")])),
    _table("direction", both_ways([
        ("increase", "decrease"), ("increased", "decreased"), ("increases", "decreases"), ("increasing", "decreasing"), ("higher", "lower"),
        ("high", "low"), ("larger", "smaller"), ("more", "less"), ("better", "worse"), ("improved", "worsened"), ("improves", "worsens"),
        ("positive", "negative"), ("acute", "chronic"), ("early", "late"), ("first", "last"), ("common", "rare"), ("benign", "malignant"),
        ("promotes", "inhibits"), ("activates", "suppresses"), ("activation", "inhibition"), ("gain", "loss"), ("profit", "loss"),
        ("asset", "liability"), ("assets", "liabilities"), ("revenue", "expense"), ("internal", "external"), ("public", "confidential"),
        ("safe", "dangerous"), ("effective", "ineffective"), ("strong", "weak"), ("large", "small"), ("long-term", "short-term"),
        ("begins", "ends"), ("oral", "written"), ("prevent", "cause"), ("prevents", "causes"), ("reduced", "increased"), ("reduces", "increases"),
        ("reduce", "increase"), ("upper", "lower"), ("fast", "slow"), ("major", "minor"), ("lawful", "unlawful"), ("direct", "indirect")])),
    _table("quantifier", {"all": ["some", "no"], "every": ["no"], "most": ["few"], "some": ["all"], "many": ["few"], "few": ["most"],
                          "always": ["never", "sometimes"], "usually": ["rarely"], "often": ["rarely"], "rarely": ["often"],
                          "both": ["neither of the"], "only": ["not only"], "any": ["no"], "none": ["all"]}),
    _table("strength", {"may be": ["is certainly"], "may cause": ["always causes"], "can cause": ["always causes"], "might": ["will"],
                        "associated with": ["caused by"], "suggests": ["proves"], "suggest": ["prove"], "linked to": ["caused by"],
                        "sometimes": ["always"], "likely": ["certain"], "some people": ["everyone"], "can help": ["is guaranteed to"]},
           label="unsupported", back="supported"),
    _table("connective", {"or": ["and"], "and": ["or"]}, fixed=["and or"]),
]

SYNONYMS = [
    ("must", "shall"), ("must", "is required to"), ("shall", "must"), ("may not", "is not permitted to"), ("approximately", "about"),
    ("about", "around"), ("prior to", "before"), ("individuals", "people"), ("physician", "doctor"), ("health care provider", "doctor"),
    ("in order to", "to"), ("because of", "due to"), ("due to", "because of"), ("usually", "normally"), ("often", "frequently"),
    ("is called", "is known as"), ("obtain", "get"), ("begin", "start"), ("begins", "starts"), ("children", "kids"), ("however", "but"),
    ("such as", "like"), ("helps", "aids"), ("at least", "no fewer than"), ("up to", "at most"), ("more than", "over"), ("less than", "under"),
    ("demonstrated", "showed"), ("exhibited", "showed"), ("increased", "raised"), ("decreased", "reduced"), ("reduce", "lower"),
    ("provide", "give"), ("provides", "gives"), ("requires", "needs"), ("purchase", "buy"), ("terminate", "end"), ("commence", "begin"),
    ("pursuant to", "under"), ("in accordance with", "under"), ("disclose", "reveal"), ("prohibited", "forbidden"), ("permitted", "allowed"),
    ("large", "big"), ("common", "frequent"), ("many", "numerous"), ("illness", "sickness"), ("disorder", "condition"), ("medicine", "drug"),
    ("medicines", "drugs"), ("treatment", "therapy"), ("whether", "if"), ("while", "whereas"), ("also", "additionally"), ("cells", "cells"),
    ("results in", "leads to"), ("leads to", "results in"), ("is located in", "is in"), ("company", "firm"), ("significantly", "markedly"),
    ("throughout", "all over"), ("various", "several"), ("difficult", "hard"), ("people with", "those who have"), ("patients", "people"), ("is caused by", "results from"), ("can", "is able to"),
    ("may", "might"), ("include", "comprise"), ("doctors", "physicians"), ("called", "named"), ("within", "inside of"), ("shows", "indicates"), ("showed", "indicated"),
    ("identified", "found"), ("studies", "investigations"), ("important", "essential"), ("risk", "danger"), ("information", "details"), ("used", "employed"),
    ("institution", "organisation"), ("necessary", "needed"), ("ensure", "make sure"), ("relating to", "concerning"), ("regarding", "about"), ("receive", "get"),
    ("each", "every"), ("symptoms", "signs"), ("cancer", "malignancy"), ("blood", "blood"), ("associated with", "related to"), ("such", "that kind of"),
    ("parts of", "portions of"), ("part of", "a portion of"), ("for example", "for instance"), ("therefore", "so"), ("in addition", "also"), ("where", "in cases where"), ("occurs", "happens"), ("occur", "happen"), ("consists of", "is made up of"),
]
SYNONYM = {a: re.compile(rf"\b{re.escape(a)}\b", re.IGNORECASE) for a, _ in SYNONYMS}
LEAD = re.compile(r"^(?:However|In addition|Moreover|Furthermore|Therefore|Thus|For example|In particular|Additionally|Also|In contrast|Finally|Here we show that|These results suggest that we|CONCLUSIONS?:?|RESULTS:?|BACKGROUND:?|METHODS:?|INTRODUCTION:?)[,:]? ")
NOT_BEFORE = re.compile(r"\b(?:is|are|was|were|can|will|must|may|shall|does|do) $")


def edits(text, rng, around=()):
    out = []
    for table in TABLES:
        out.extend(table.edits(text, rng))
    for pattern in (NUMBER, WORD_NUMBER):
        for found in pattern.finditer(text):
            new = other_number(found.group(1), rng, around)
            if new:
                out.append(Edit("number", found.start(1), found.end(1), new))
    for found in REFERENCE.finditer(text):
        out.append(Edit("article", found.start(1), found.end(1), str(int(found.group(1)) + rng.choice([-1, 1, 2, 10]))))
    return [e for e in out if not (e.operator == "negation" and e.new == "" and not NOT_BEFORE.search(text[: e.start]))]


def numbers(text):
    return [m.group(1) for m in NUMBER.finditer(text)] + [m.group(1) for m in WORD_NUMBER.finditer(text)]


def preserve(text, rng, strength=1.0):
    """The same claim in other words and figures."""
    if rng.random() < 0.8:
        lead = LEAD.match(text)
        if lead:
            text = text[lead.end() :]
            text = text[:1].upper() + text[1:]
    if rng.random() < 0.5 * strength:
        text = re.sub(r"(?<=\d)%", " percent", text) if "%" in text else re.sub(r"(?<=\d) percent\b(?!age)", "%", text)
    if rng.random() < 0.5 * strength:
        text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    if rng.random() < 0.5 * strength:
        text = WORD_NUMBER.sub(lambda m: str(WORDS.index(m[1])), text)
    left = rng.choice([1, 2, 3, 5]) * (strength > 0)
    for a, b in rng.sample(SYNONYMS, len(SYNONYMS)):
        if not left:
            break
        found = SYNONYM[a].search(text)
        if found and not re.search(r"\b(?:not|no|never) $", text[: found.start()]):
            new = b[0].upper() + b[1:] if found.group()[0].isupper() else b
            text = text[: found.start()] + new + text[found.end() :]
            left -= 1
    if rng.random() < 0.5 * strength and "\ue000" not in text:
        moved = re.fullmatch(r"(If|When|Because|Although|While|Unless) ([^,;]{8,80}), ([^;]{8,160}?)\.?", text)
        if moved:
            main = moved[3]
            text = f"{main[:1].upper()}{main[1:]} {moved[1].lower()} {moved[2]}."
    if rng.random() < 0.3 * strength:
        text = re.sub(r" \([^()\ue000\ue001]{1,60}\)", "", text)
    if rng.random() < 0.15:
        text = text.lower()
    if rng.random() < 0.2:
        text = text.rstrip(".")
    return text


CUT = re.compile(r"(?:, (?:which|who|including|such as|where|especially|particularly|and (?:is|are|was|were|has|have|can|may|must|it|they)\b)|; )")
PROVISO = re.compile(r",? (?:unless|except(?: that| for| as)?|provided that|subject to|only if|if|until|as long as|to the extent)\b[^.;]{6,120}(?=[.;]|$)")


def shorten(text):
    out = []
    found = CUT.search(text)
    if found and found.start() >= 30:
        out.append((text[: found.start()] + ".", "supported"))
    found = PROVISO.search(text)
    if found and found.start() >= 25:
        out.append((text[: found.start()] + text[found.end() :], "unsupported"))
    return out


def items(text):
    """Spans of names that are not the first word."""
    return [m.span() for m in PROPER.finditer(text)]
