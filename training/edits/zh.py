"""Chinese: edits that change what a sentence says, and changes of surface that do not."""
import re

from .common import Edit, Swaps, both_ways

DIGITS = "零一二三四五六七八九"
NUMERAL = "[零〇一二三四五六七八九十百千万两]"
UNITS = "个工作日|工作日|个月|小时|分钟|周岁|公里|平方米|公斤|毫克|毫升|千克|万元|亿元|万人|年|月|日|天|周|元|倍|人|名|例|岁|次|份|项|米|级|种|mg|kg|mL|ml|μg|g|%|‰|％"
QUANTITY = re.compile(rf"(?<![第\d.a-zA-Z之])(\d+(?:\.\d+)?|{NUMERAL}+)(?=(?:以上|以下)?(?:{UNITS}))")
ARTICLE = re.compile(rf"第({NUMERAL}+|\d+)(?=[条款项章])")
PERCENT = re.compile(r"(?<![\d.])(\d{1,2})[%％]")
DATE = re.compile(r"(?<!\d)((?:19|20)\d\d)年(\d{1,2})月(\d{1,2})日")


def value(text):
    """The integer that a Chinese numeral writes; None where it is none."""
    total, section, digit = 0, 0, 0
    if not text or not re.fullmatch(NUMERAL + "+", text):
        return None
    if len(text) > 1 and not re.search("[十百千万]", text):
        return None
    for char in text.replace("两", "二").replace("〇", "零"):
        if char in DIGITS:
            digit = DIGITS.index(char)
        else:
            unit = {"十": 10, "百": 100, "千": 1000, "万": 10_000}[char]
            if unit == 10_000:
                total, section, digit = (total + section + digit) * unit, 0, 0
            else:
                section, digit = section + max(digit, 1) * unit, 0
    return total + section + digit


def numeral(n):
    """1,203 → 一千二百零三, below a hundred million."""
    if n >= 10_000:
        low = n % 10_000
        return numeral(n // 10_000) + "万" + (("零" if low < 1000 else "") + numeral(low) if low else "")
    out, zero = "", False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = n // power % 10
        if digit:
            out += ("零" if zero and out else "") + DIGITS[digit] + unit
            zero = False
        else:
            zero = True
    out = out or "零"
    return out[1:] if out.startswith("一十") else out


def other_number(text, rng, around=()):
    """Another number in the same writing."""
    same = [a for a in around if a != text and a[0].isdigit() == text[0].isdigit()]
    if same and rng.random() < 0.35:
        return rng.choice(same)
    if text[0].isdigit():
        decimals = len(text.split(".")[1]) if "." in text else 0
        number = float(text)
        options = [number * 10, number + max(1, round(number * rng.uniform(0.1, 0.6), decimals)), number * 2]
        if number > 1:
            options.append(max(0.0, number - max(10**-decimals, round(number * rng.uniform(0.1, 0.6), decimals))))
        if decimals == 0 and number % 10 == 0 and number > 0:
            options.append(number / 10)
        if 1900 <= number <= 2100 and not decimals:
            options = [number + rng.choice([-10, -5, -3, -2, -1, 1, 2, 3, 5])]
        new = f"{rng.choice(options):.{decimals}f}"
    else:
        number = value(text)
        if number is None:
            return None
        options = [number + 1, number + rng.randint(2, 6), number * 10, number * 2]
        if number > 1:
            options += [number - 1, max(1, number // 2)]
        if number > 9 and number % 10 == 0:
            options.append(number // 10)
        new = numeral(rng.choice(options))
    return new if new != text else None


TABLES = [
    Swaps("modality", {
        "应当": ["可以", "不得", "无需"], "必须": ["可以", "无需"], "不得": ["可以", "应当"], "可以": ["应当", "不得"],
        "有权": ["无权"], "禁止": ["允许", "鼓励"], "严禁": ["允许"], "鼓励": ["禁止", "限制"], "允许": ["禁止"],
        "不能": ["能够"], "建议": ["不建议"], "推荐": ["不推荐"], "需要": ["不需要"], "无权": ["有权"], "应予": ["不予"],
        "不予": ["应予"]}, fixed=["不可以", "不应当", "不需要", "不允许", "不建议", "不推荐", "不必须", "不得不", "不能不"]),
    Swaps("bound", {
        "以上": ["以下"], "以下": ["以上"], "不超过": ["不少于", "超过"], "不少于": ["不超过"], "不低于": ["不高于", "低于"],
        "不高于": ["不低于"], "超过": ["不超过", "不足"], "不足": ["超过"], "不满": ["超过"], "至少": ["至多"], "最多": ["至少"],
        "以内": ["以外", "以后"], "之前": ["之后"], "之后": ["之前"], "以前": ["以后"], "以后": ["以前"], "最高": ["最低"],
        "最低": ["最高"], "高于": ["低于"], "低于": ["高于"], "大于": ["小于"], "小于": ["大于"], "多于": ["少于"]},
        fixed=["下列", "以下简称", "以下列", "以下各项"]),
    Swaps("unit", {
        "个工作日": ["个月", "日"], "工作日": ["日"], "个月": ["年", "日"], "万元": ["亿元", "元", "千元"], "亿元": ["万元", "千万元"],
        "小时": ["分钟", "日"], "分钟": ["小时"], "mg": ["g", "μg"], "％": ["‰"], "kg": ["g"], "百分之": ["千分之"],
        "美元": ["人民币"], "平方米": ["亩"], "公里": ["米"]}),
    Swaps("negation", {
        "不是": ["是"], "不属于": ["属于"], "属于": ["不属于"], "不具有": ["具有"], "具有": ["不具有"], "没有": ["有"],
        "不适用": ["适用"], "适用": ["不适用"], "不承担": ["承担"], "承担": ["不承担"], "有效": ["无效"], "无效": ["有效"],
        "合法": ["违法"], "同意": ["不同意"], "不同意": ["同意"], "符合": ["不符合"], "不符合": ["符合"], "未经": ["经"],
        "不影响": ["影响"], "能够": ["不能"], "参加": ["不参加"], "存在": ["不存在"], "不存在": ["存在"], "发生": ["未发生"],
        "受到": ["未受到"], "公开": ["不公开"], "不公开": ["公开"], "达到": ["未达到"], "包括": ["不包括"], "不包括": ["包括"],
        "有关": ["无关"], "成立": ["不成立"], "生效": ["不生效"], "负责": ["不负责"], "支持": ["不支持"], "批准": ["不批准"]},
        fixed=["未达到", "不支持", "不批准", "不发生", "未发生", "不受到", "不负责", "合法权益", "适用范围", "是否属于", "有关部门",
               "有关规定", "有关单位", "有关机关", "有关法律", "成立于", "的有关", "不能够", "不成立", "不生效", "未参加", "不参加"]),
    Swaps("role", both_ways([
        ("甲方", "乙方"), ("原告", "被告"), ("出租人", "承租人"), ("买受人", "出卖人"), ("债权人", "债务人"), ("委托人", "受托人"),
        ("用人单位", "劳动者"), ("投保人", "保险人"), ("人民法院", "人民检察院"), ("国务院", "省级人民政府"), ("县级", "省级"),
        ("申请人", "被申请人"), ("男性", "女性"), ("中央", "地方"), ("父母", "子女"), ("监护人", "被监护人"), ("证人", "鉴定人"),
        ("股东会", "董事会"), ("公安机关", "人民检察院"), ("自然人", "法人"), ("出借人", "借款人"), ("保证人", "债务人"),
        ("发包人", "承包人"), ("患者", "医师"), ("老年人", "儿童"), ("实验组", "对照组"), ("观察组", "对照组")]),
        fixed=["被申请人民", "法人民"]),
    Swaps("direction", both_ways([
        ("增加", "减少"), ("升高", "降低"), ("提高", "降低"), ("上升", "下降"), ("改善", "恶化"), ("促进", "抑制"), ("阳性", "阴性"),
        ("有利", "不利"), ("主要", "次要"), ("扩大", "缩小"), ("早期", "晚期"), ("急性", "慢性"), ("长期", "短期"), ("增强", "减弱"),
        ("优于", "劣于"), ("高危", "低危"), ("收入", "支出"), ("盈利", "亏损"), ("增长", "下降"), ("上调", "下调"), ("口服", "静脉注射"),
        ("从重", "从轻"), ("公开", "保密"), ("境内", "境外"), ("书面", "口头"), ("动产", "不动产"), ("有期徒刑", "无期徒刑"),
        ("故意", "过失"), ("直接", "间接"), ("正相关", "负相关"), ("较高", "较低"), ("较大", "较小"), ("更高", "更低"), ("最大", "最小"),
        ("流入", "流出"), ("资产", "负债"), ("首次", "末次"), ("内部", "外部"), ("无偿", "有偿"), ("共同", "单独"), ("多数", "少数")]),
        fixed=["直接责任", "直接负责"]),
    Swaps("quantifier", {"全部": ["部分"], "所有": ["个别"], "任何": ["某些"], "部分": ["全部"], "多数": ["少数"], "全体": ["部分"],
                         "一律": ["一般不"], "均应": ["部分应"], "各级": ["部分"]}, fixed=["部分之", "大多数"]),
    Swaps("strength", {"可能": ["必然"], "可能导致": ["必然导致"], "提示": ["证明"], "有助于": ["足以"], "与其相关": ["由其引起"],
                       "一般": ["一律"], "情节严重的": ["任何情况下"], "必要时": ["任何时候"]},
          fixed=["可能性", "一般规定"], label="unsupported", back="supported"),
    Swaps("connective", {"或者": ["并且"], "并且": ["或者"], "以及": ["或者"]}),
    Swaps("order", both_ways([("先", "后")]), fixed=["优先", "先进", "首先", "事先", "之后", "以后", "然后", "后果", "前后", "先后", "后者",
                                                  "最后", "后续", "今后", "预先", "率先", "落后", "善后", "先行", "先天"]),
]

SYNONYMS = [
    ("应当", "必须"), ("应当", "应"), ("不得", "禁止"), ("不得", "不可以"), ("不得", "不能"), ("可以", "有权"), ("可以", "能够"),
    ("依照", "按照"), ("依照", "根据"), ("或者", "或"), ("以及", "和"), ("包括", "包含"), ("患者", "病人"), ("导致", "引起"),
    ("升高", "上升"), ("降低", "下降"), ("增加", "增多"), ("减少", "降低"), ("超过", "多于"), ("至少", "不少于"), ("不超过", "至多"),
    ("不低于", "不少于"), ("之日起", "当日起"), ("期限", "时限"), ("缴纳", "交纳"), ("申请", "提出申请"), ("有效", "有作用"),
    ("公布", "公开发布"), ("立即", "马上"), ("违反", "违背"), ("损害", "侵害"), ("给予", "予以"), ("主要", "最重要"), ("显著", "明显"),
    ("研究显示", "研究表明"), ("常见", "多见"), ("治疗", "医治"), ("需要", "须"), ("因此", "所以"), ("由于", "因为"), ("设立", "成立"),
    ("拒绝", "不同意"), ("对于", "对"), ("进行", "开展"), ("作出", "做出"), ("人民政府", "政府"), ("处以", "处"), ("并处", "并且处"), ("任何", "所有"),
    ("单位和个人", "组织和个人"), ("按照", "依"), ("向", "对"), ("由", "由"), ("主管部门", "主管机关"), ("其他", "别的"), ("以及", "及"), ("及时", "尽快"),
    ("有关", "相关"), ("建立健全", "建立"), ("具有", "有"), ("能够", "能"), ("进一步", "更加"), ("明显", "显著"), ("和", "与"), ("等", "之类"), ("组成", "构成"),
    ("情形", "情况"), ("责令", "命令"), ("没收", "收缴"), ("保证", "确保"), ("取得", "获得"), ("违法", "不合法"), ("构成犯罪", "成立犯罪"), ("本法", "该法"),
    ("本条例", "该条例"), ("本规定", "该规定"), ("有下列情形之一", "出现下列情况之一"), ("实行", "施行"), ("规定", "要求"), ("研究", "调查"), ("疾病", "病症"), ("擅自", "自行"), ("监督", "监管"), ("通知", "告知"), ("全部", "所有"), ("如果", "若"), ("目前", "当前"),
    ("但是", "但"), ("仅", "只"), ("开始", "起"), ("位于", "坐落于"), ("担任", "出任"), ("属于", "是"), ("称为", "叫做"), ("迅速", "很快"),
]
FILLERS = re.compile(r"^(?:其中|同时|此外|另外|因此|总之|然而|并且|首先|其次|最后)[，,]")
HEDGES = ["", "", "", "据此，", "即", "简言之，"]


def edits(text, rng, around=()):
    """Every edit that the tables and numbers offer. `around`: numbers in the neighbourhood, as written."""
    out = []
    for table in TABLES:
        out.extend(table.edits(text, rng))
    for found in QUANTITY.finditer(text):
        new = other_number(found.group(1), rng, around)
        if new:
            out.append(Edit("number", found.start(1), found.end(1), new))
    for found in ARTICLE.finditer(text):
        new = other_number(found.group(1), rng)
        if new:
            out.append(Edit("article", found.start(1), found.end(1), new))
    return out


def numbers(text):
    return [m.group(1) for m in QUANTITY.finditer(text)]


def _numeral_style(match, rng):
    text = match.group(1)
    if rng.random() < 0.4:
        return text
    if text.isdigit() and 0 < int(text) < 10_000_000:
        return numeral(int(text))
    found = value(text)
    return str(found) if found else text


def preserve(text, rng, strength=1.0):
    """The same claim in other words and figures. Marked words are left as they are in meaning."""
    if rng.random() < 0.8 * strength:
        text = FILLERS.sub("", text)
    if rng.random() < 0.5 * strength:
        text = DATE.sub(lambda m: f"{m[1]}-{int(m[2]):02}-{int(m[3]):02}" if rng.random() < 0.5
                        else f"{''.join('〇一二三四五六七八九'[int(c)] for c in m[1])}年{numeral(int(m[2]))}月{numeral(int(m[3]))}日", text)
    if rng.random() < 0.6 * strength:
        text = PERCENT.sub(lambda m: f"百分之{numeral(int(m[1]))}" if int(m[1]) else m[0], text)
    if rng.random() < 0.7 * strength:
        text = QUANTITY.sub(lambda m: _numeral_style(m, rng), text)
    left = rng.choice([1, 2, 3, 5]) * (strength > 0)
    for a, b in rng.sample(SYNONYMS, len(SYNONYMS)):
        if not left:
            break
        if rng.random() < 0.3 and len(b) > 1:
            a, b = b, a
        if a in text and not re.search(f"[不未无]{a}", text):
            text = text.replace(a, b, 1)
            left -= 1
    if rng.random() < 0.35 * strength:
        text = drop_item(text, rng)
    if rng.random() < 0.25 * strength:
        text = re.sub(r"^([^，。；]{4,20})的，([^。；]{4,40})[。；]?$", r"\2，如果\1", text) if "\ue000" not in text else text
    if rng.random() < 0.3:
        text = text.rstrip("。；") + rng.choice(["。", ""])
    return text


def drop_item(text, rng):
    """Without one inner item of a list: what is said of all is said of the others."""
    inner = [(a, b) for a, b in items(text) if not {"\ue000", "\ue001"} & set(text[max(0, a - 1) : b + 2])]
    if not inner:
        return text
    start, end = rng.choice(inner)
    return text[:start] + text[end + 1 :]


PROVISO = re.compile(r"[，。；]?(?:但是?[，,]?[^。；]{4,60}(?:除外|的?情形|的)|[^，。；]{2,40}除外|除[^，。；]{2,40}外[，,]?|法律、行政法规另有规定的除外)")
CONDITION = re.compile(r"(?:经[^，。；]{2,20}(?:批准|同意|许可)[，,后]|(?:如果|若)[^，。；]{3,30}[，,]|[^，。；]{3,20}情况下[，,]|(?<=[，。])[^，。；]{3,24}时[，,])")


def shorten(text):
    """(shorter text, label) for cuts whose effect is known: a second predicate may go, a proviso may not."""
    out = []
    for found in re.finditer(r"[，；](?=并且?|且|同时|也|还)", text):
        if found.start() >= 8:
            out.append((text[: found.start()] + "。", "supported"))
    for pattern in (PROVISO, CONDITION):
        found = pattern.search(text)
        if found and len(text) - len(found.group()) >= 10:
            rest = (text[: found.start()] + text[found.end() :]).lstrip("，。；")
            out.append((rest, "unsupported"))
    return out


def items(text):
    """Spans of the items of the first list joined by 、."""
    found = re.search(r"[^，。；：（）、\s]{2,12}(?:、[^，。；：（）、\s]{2,12}){1,8}", text)
    if not found:
        return []
    out, at = [], found.start()
    parts = found.group().split("、")
    for part in parts:
        out.append((at, at + len(part)))
        at += len(part) + 1
    # The first and last item carry words of the sentence with them.
    return out[1:-1]
