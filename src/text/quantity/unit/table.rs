//! The written forms of units in both languages.

use std::{collections::HashMap, sync::LazyLock};

use super::{Atom, Counted, Currency, Kind};
use crate::text::quantity::numeral::Number;

const CNY: Kind = Kind::Money(Currency("CNY"));

const USD: Kind = Kind::Money(Currency("USD"));

/// Written forms, kind, and factor to the base unit as numerator and denominator. Forms in Latin letters are matched
/// as whole words; those of three letters or more in any case.
#[rustfmt::skip]
const TABLE: &[(&str, Kind, i128, i128)] = &[
    // shares and multiples
    ("% percent pct ％ 个百分比 percents", Kind::Ratio, 1, 100),
    ("‰ permille", Kind::Ratio, 1, 1000),
    ("‱", Kind::Ratio, 1, 10_000),
    ("ppm", Kind::Ratio, 1, 1_000_000),
    ("百分点 个百分点 pp ppt ppts pps %pt %pts", Kind::Points, 1, 1),
    ("基点 个基点 bp bps bips", Kind::Points, 1, 100),
    ("倍 fold times x", Kind::Multiple, 1, 1),
    // money
    ("元 圆 圓 块 块钱 元人民币 人民币 yuan renminbi rmb cny CNY RMB 元整 圆整", CNY, 1, 1),
    ("角", CNY, 1, 10),
    ("美元 美金 美圆 dollar dollars usd USD", USD, 1, 1),
    ("美分 cent cents ¢", USD, 1, 100),
    ("港元 港币 港幣 hkd HKD", Kind::Money(Currency("HKD")), 1, 1),
    ("新台币 台币 新臺幣 新台幣 twd TWD", Kind::Money(Currency("TWD")), 1, 1),
    ("澳门元 澳门币 MOP", Kind::Money(Currency("MOP")), 1, 1),
    ("日元 日圆 yen jpy JPY", Kind::Money(Currency("JPY")), 1, 1),
    ("韩元 韩圆 won krw KRW", Kind::Money(Currency("KRW")), 1, 1),
    ("欧元 euro euros eur EUR €", Kind::Money(Currency("EUR")), 1, 1),
    ("英镑 gbp GBP sterling", Kind::Money(Currency("GBP")), 1, 1),
    ("瑞士法郎 瑞郎 chf CHF", Kind::Money(Currency("CHF")), 1, 1),
    ("加元 加拿大元 加币 cad CAD", Kind::Money(Currency("CAD")), 1, 1),
    ("澳元 澳大利亚元 澳币 aud AUD", Kind::Money(Currency("AUD")), 1, 1),
    ("新加坡元 新加坡币 新元 坡币 sgd SGD", Kind::Money(Currency("SGD")), 1, 1),
    ("卢布 rouble roubles ruble rubles rub RUB", Kind::Money(Currency("RUB")), 1, 1),
    ("卢比 印度卢比 rupee rupees inr INR", Kind::Money(Currency("INR")), 1, 1),
    ("泰铢 baht thb THB", Kind::Money(Currency("THB")), 1, 1),
    // mass
    ("pg 皮克", Kind::Mass, 1, 1_000_000_000_000),
    ("ng 纳克 nanogram nanograms", Kind::Mass, 1, 1_000_000_000),
    ("μg ug mcg 微克 microgram micrograms", Kind::Mass, 1, 1_000_000),
    ("mg mgs 毫克 milligram milligrams milligramme milligrammes", Kind::Mass, 1, 1000),
    ("g gm gms 克 gram grams gramme grammes", Kind::Mass, 1, 1),
    ("kg kgs kilo kilos 千克 公斤 kilogram kilograms kilogramme kilogrammes", Kind::Mass, 1000, 1),
    ("吨 公吨 tonne tonnes 噸", Kind::Mass, 1_000_000, 1),
    ("斤 市斤", Kind::Mass, 500, 1),
    ("lb lbs pound pounds 磅", Kind::Mass, 45_359_237, 100_000),
    ("oz ounce ounces 盎司", Kind::Mass, 45_359_237, 1_600_000),
    // volume
    ("μl μL ul uL 微升 microliter microliters microlitre microlitres", Kind::Volume, 1, 1_000_000),
    ("ml mL mls cc 毫升 milliliter milliliters millilitre millilitres", Kind::Volume, 1, 1000),
    ("dl dL 分升 deciliter deciliters decilitre decilitres", Kind::Volume, 1, 10),
    ("l L 升 公升 liter liters litre litres", Kind::Volume, 1, 1),
    ("fl fL 飞升", Kind::Volume, 1, 1_000_000_000_000_000),
    ("m³ m3 立方米", Kind::Volume, 1000, 1),
    ("cm³ cm3 立方厘米", Kind::Volume, 1, 1000),
    ("barrel barrels 桶", Kind::Other("barrel"), 1, 1),
    // length
    ("nm 纳米 nanometer nanometers nanometre nanometres", Kind::Length, 1, 1_000_000_000),
    ("μm um 微米 micrometer micrometers micrometre micrometres", Kind::Length, 1, 1_000_000),
    ("mm 毫米 millimeter millimeters millimetre millimetres", Kind::Length, 1, 1000),
    ("cm 厘米 公分 centimeter centimeters centimetre centimetres", Kind::Length, 1, 100),
    ("m 米 meter meters metre metres 公尺", Kind::Length, 1, 1),
    ("km 公里 千米 kilometer kilometers kilometre kilometres", Kind::Length, 1000, 1),
    ("inch inches 英寸", Kind::Length, 254, 10_000),
    ("ft foot feet 英尺", Kind::Length, 3048, 10_000),
    ("mile miles 英里", Kind::Length, 1_609_344, 1000),
    ("海里", Kind::Length, 1852, 1),
    // area
    ("m² m2 平方米 平米 ㎡ sqm", Kind::Area, 1, 1),
    ("cm² cm2 平方厘米", Kind::Area, 1, 10_000),
    ("mm² mm2 平方毫米", Kind::Area, 1, 1_000_000),
    ("km² km2 平方公里 平方千米", Kind::Area, 1_000_000, 1),
    ("公顷 hectare hectares ha", Kind::Area, 10_000, 1),
    ("亩 畝", Kind::Area, 2000, 3),
    ("acre acres 英亩", Kind::Area, 40_468_564_224, 10_000_000),
    // chemistry and medicine
    ("mol 摩尔", Kind::Substance, 1, 1),
    ("mmol 毫摩尔 毫摩 millimole millimoles", Kind::Substance, 1, 1000),
    ("μmol umol 微摩尔 微摩 micromole micromoles", Kind::Substance, 1, 1_000_000),
    ("nmol 纳摩尔 nanomole nanomoles", Kind::Substance, 1, 1_000_000_000),
    ("pmol 皮摩尔", Kind::Substance, 1, 1_000_000_000_000),
    ("IU iu U 国际单位 单位 unit units 個單位", Kind::Activity, 1, 1),
    ("mIU mU", Kind::Activity, 1, 1000),
    ("μIU uIU", Kind::Activity, 1, 1_000_000),
    ("MIU MU", Kind::Activity, 1_000_000, 1),
    ("mEq meq 毫当量", Kind::Equivalent, 1, 1),
    ("mOsm", Kind::Other("mOsm"), 1, 1),
    ("Gy", Kind::Other("Gy"), 1, 1),
    ("cGy", Kind::Other("Gy"), 1, 100),
    ("mSv", Kind::Other("Sv"), 1, 1000),
    ("dB 分贝", Kind::Other("dB"), 1, 1),
    // physics
    ("J 焦耳 joule joules", Kind::Energy, 1, 1),
    ("kJ 千焦", Kind::Energy, 1000, 1),
    ("cal 卡路里", Kind::Energy, 4184, 1000),
    ("kcal 千卡 大卡 kilocalorie kilocalories Kcal", Kind::Energy, 4184, 1),
    ("kWh 千瓦时 kilowatt-hour kilowatt-hours 度电", Kind::Energy, 3_600_000, 1),
    ("MWh 兆瓦时", Kind::Energy, 3_600_000_000, 1),
    ("W 瓦 watt watts", Kind::Power, 1, 1),
    ("kW 千瓦 kilowatt kilowatts", Kind::Power, 1000, 1),
    ("MW 兆瓦 megawatt megawatts", Kind::Power, 1_000_000, 1),
    ("GW 吉瓦 gigawatt gigawatts", Kind::Power, 1_000_000_000, 1),
    ("Pa 帕", Kind::Pressure, 1, 1),
    ("kPa 千帕", Kind::Pressure, 1000, 1),
    ("MPa 兆帕", Kind::Pressure, 1_000_000, 1),
    ("mmHg mmhg 毫米汞柱", Kind::Pressure, 133_322_387_415, 1_000_000_000),
    ("cmH2O cmH₂O 厘米水柱", Kind::Pressure, 980_665, 10_000),
    ("°C 摄氏度 度 degC", Kind::Temperature, 1, 1),
    ("Hz 赫兹", Kind::Frequency, 1, 1),
    ("kHz 千赫", Kind::Frequency, 1000, 1),
    ("MHz 兆赫", Kind::Frequency, 1_000_000, 1),
    ("GHz", Kind::Frequency, 1_000_000_000, 1),
    ("V 伏 伏特 volt volts", Kind::Other("V"), 1, 1),
    ("kV 千伏", Kind::Other("V"), 1000, 1),
    ("mV", Kind::Other("V"), 1, 1000),
    ("mA 毫安", Kind::Other("A"), 1, 1000),
    ("KB kB", Kind::Data, 1_000, 1),
    ("MB 兆字节", Kind::Data, 1_000_000, 1),
    ("GB", Kind::Data, 1_000_000_000, 1),
    ("TB", Kind::Data, 1_000_000_000_000, 1),
    // time
    ("ms 毫秒 millisecond milliseconds", Kind::Clock, 1, 1000),
    ("s sec secs 秒 秒钟 second seconds", Kind::Clock, 1, 1),
    ("min mins 分钟 分鐘 minute minutes", Kind::Clock, 60, 1),
    ("h hr hrs 小时 个小时 小時 钟头 个钟头 hour hours", Kind::Clock, 3600, 1),
    ("d 天 日 自然日 日历日 个自然日 个日历日 day days", Kind::Clock, 86_400, 1),
    ("周 星期 个星期 礼拜 个礼拜 週 week weeks wk wks 个周", Kind::Clock, 604_800, 1),
    ("fortnight fortnights", Kind::Clock, 1_209_600, 1),
    ("个月 月 個月 month months mo mos 个月份", Kind::Month, 1, 1),
    ("个季度 季度 个季 quarter quarters", Kind::Month, 3, 1),
    ("年 个年度 周年 year years yr yrs 个年头 载 年度 个会计年度 annum", Kind::Month, 12, 1),
    ("decade decades", Kind::Month, 120, 1),
    ("个世纪 世纪 century centuries", Kind::Month, 1200, 1),
    ("工作日 个工作日 交易日 个交易日 工作天 营业日 个营业日 workday workdays", Kind::WorkingDay, 1, 1),
    // counts
    ("人 名 位 个人 person persons people patient patients participant participants subject subjects individual \
      individuals adult adults child children woman women man men employee employees volunteer volunteers student \
      students 人次 victim victims worker workers member members user users infant infants shareholder shareholders \
      respondent respondents physician physicians doctor doctors death deaths",
     Kind::Count(Counted::Persons), 1, 1),
    ("家 间 company companies firm firms hospital hospitals bank banks subsidiary subsidiaries",
     Kind::Count(Counted::Organisations), 1, 1),
    ("股 share shares", Kind::Count(Counted::Shares), 1, 1),
    ("手", Kind::Count(Counted::Shares), 100, 1),
    ("次 回 趟 bpm beats", Kind::Count(Counted::Occasions), 1, 1),
    ("片 粒 支 袋 丸 胶囊 瓶 滴 tablet tablets capsule capsules pill pills vial vials ampoule ampoules sachet sachets \
      puff puffs drop drops 喷 揿 贴", Kind::Count(Counted::Doses), 1, 1),
    ("例 case cases 病例", Kind::Count(Counted::Cases), 1, 1),
    ("周岁 岁 歲 周歲", Kind::Count(Counted::YearsOfAge), 1, 1),
    ("户 household households 戶", Kind::Count(Counted::Households), 1, 1),
    ("票 vote votes", Kind::Count(Counted::Votes), 1, 1),
    ("个 項 项 种 件 台 辆 套 份 起 宗 笔 条 张 所 座 栋 幢 艘 架 门 部 款 批 类 道 轮 颗 只 头 封 本 册 篇 集 层 间 对 \
      处 组 级 步 組 種 個 口 排 株 枚 尊 束 顶 匹 期 章 节 页 字 届 列 面 课 场 局 盘",
     Kind::Count(Counted::Things), 1, 1),
];

static UNITS: LazyLock<HashMap<&'static str, Atom>> = LazyLock::new(|| {
    let mut units = HashMap::new();
    for &(forms, kind, numerator, denominator) in TABLE {
        let odd =
            ![numerator, denominator].iter().all(|&n| is_power_of_ten(n)) && !matches!(kind, Kind::Clock | Kind::Month);
        for form in forms.split_ascii_whitespace() {
            units.entry(form).or_insert(Atom {
                kind,
                factor: Number::new(numerator, denominator),
                offset: (0, 1),
                odd,
            });
        }
    }
    for form in ["°F", "华氏度"] {
        units.insert(form, Atom { kind: Kind::Temperature, factor: Number::new(5, 9), offset: (-160, 9), odd: true });
    }
    units
});

/// Longest written form in characters.
static LONGEST: LazyLock<usize> = LazyLock::new(|| UNITS.keys().map(|form| form.chars().count()).max().unwrap_or(0));

const fn is_power_of_ten(mut n: i128) -> bool {
    while n > 1 {
        if n % 10 != 0 {
            return false;
        }
        n /= 10;
    }
    n == 1
}

/// Phrases of several words, tried before the table.
const PHRASES: &[(&str, Kind, i128, i128)] = &[
    ("percentage point", Kind::Points, 1, 1),
    ("percentage-point", Kind::Points, 1, 1),
    ("percent point", Kind::Points, 1, 1),
    ("basis point", Kind::Points, 1, 100),
    ("basis-point", Kind::Points, 1, 100),
    ("per cent", Kind::Ratio, 1, 100),
    ("working day", Kind::WorkingDay, 1, 1),
    ("working-day", Kind::WorkingDay, 1, 1),
    ("business day", Kind::WorkingDay, 1, 1),
    ("business-day", Kind::WorkingDay, 1, 1),
    ("trading day", Kind::WorkingDay, 1, 1),
    ("calendar day", Kind::Clock, 86_400, 1),
    ("consecutive day", Kind::Clock, 86_400, 1),
    ("calendar month", Kind::Month, 1, 1),
    ("calendar quarter", Kind::Month, 3, 1),
    ("calendar year", Kind::Month, 12, 1),
    ("fiscal year", Kind::Month, 12, 1),
    ("financial year", Kind::Month, 12, 1),
    ("us dollar", USD, 1, 1),
    ("u.s. dollar", USD, 1, 1),
    ("hong kong dollar", Kind::Money(Currency("HKD")), 1, 1),
    ("australian dollar", Kind::Money(Currency("AUD")), 1, 1),
    ("canadian dollar", Kind::Money(Currency("CAD")), 1, 1),
    ("singapore dollar", Kind::Money(Currency("SGD")), 1, 1),
    ("new taiwan dollar", Kind::Money(Currency("TWD")), 1, 1),
    ("chinese yuan", CNY, 1, 1),
    ("japanese yen", Kind::Money(Currency("JPY")), 1, 1),
    ("pounds sterling", Kind::Money(Currency("GBP")), 1, 1),
    ("pound sterling", Kind::Money(Currency("GBP")), 1, 1),
    ("british pound", Kind::Money(Currency("GBP")), 1, 1),
    ("swiss franc", Kind::Money(Currency("CHF")), 1, 1),
    ("international unit", Kind::Activity, 1, 1),
    ("metric ton", Kind::Mass, 1_000_000, 1),
    ("square meter", Kind::Area, 1, 1),
    ("square metre", Kind::Area, 1, 1),
    ("square kilometer", Kind::Area, 1_000_000, 1),
    ("square kilometre", Kind::Area, 1_000_000, 1),
    ("square mile", Kind::Area, 2_589_988_110_336, 1_000_000),
    ("square feet", Kind::Area, 9_290_304, 100_000_000),
    ("square foot", Kind::Area, 9_290_304, 100_000_000),
    ("cubic meter", Kind::Volume, 1000, 1),
    ("cubic metre", Kind::Volume, 1000, 1),
    ("mm hg", Kind::Pressure, 133_322_387_415, 1_000_000_000),
    ("degrees celsius", Kind::Temperature, 1, 1),
    ("years of age", Kind::Count(Counted::YearsOfAge), 1, 1),
    ("year of age", Kind::Count(Counted::YearsOfAge), 1, 1),
    ("years old", Kind::Count(Counted::YearsOfAge), 1, 1),
    ("years-old", Kind::Count(Counted::YearsOfAge), 1, 1),
    ("year-old", Kind::Count(Counted::YearsOfAge), 1, 1),
    ("year old", Kind::Count(Counted::YearsOfAge), 1, 1),
    ("ordinary shares", Kind::Count(Counted::Shares), 1, 1),
    ("common shares", Kind::Count(Counted::Shares), 1, 1),
];

/// One unit word or sign at byte `at`.
pub fn atom(text: &str, at: usize) -> Option<(Atom, usize)> {
    let rest = text.get(at..)?;
    let first = rest.chars().next()?;
    if first.is_ascii_alphabetic() {
        for &(phrase, kind, numerator, denominator) in PHRASES {
            if let Some(head) = rest.get(..phrase.len())
                && head.eq_ignore_ascii_case(phrase)
            {
                let mut end = at + phrase.len();
                if text[end..].starts_with('s') {
                    end += 1;
                }
                if !text[end..].starts_with(|c: char| c.is_ascii_alphanumeric()) {
                    let metric = is_power_of_ten(numerator) && is_power_of_ten(denominator);
                    let odd = !(metric || kind.is_time());
                    return Some((
                        Atom { kind, factor: Number::new(numerator, denominator), offset: (0, 1), odd },
                        end,
                    ));
                }
            }
        }
    }
    let mut ends: Vec<usize> = rest.char_indices().map(|(i, c)| i + c.len_utf8()).take(*LONGEST).collect();
    ends.reverse();
    for end in ends {
        let form = &rest[..end];
        // A Latin unit is a whole word.
        let last_is_letter = form.chars().next_back().is_some_and(|c| c.is_ascii_alphanumeric() || c == 'μ');
        if last_is_letter && rest[end..].starts_with(|c: char| c.is_ascii_alphanumeric() || c == 'μ') {
            continue;
        }
        let found = UNITS.get(form).copied().or_else(|| {
            if form.len() < 3 || !first.is_ascii_alphabetic() {
                return None;
            }
            UNITS.get(form.to_ascii_lowercase().as_str()).copied()
        });
        if let Some(found) = found
            && !is_part_of_word(form, &rest[end..])
        {
            return Some((found, at + end));
        }
    }
    None
}

/// Chinese unit characters that open another word.
fn is_part_of_word(form: &str, after: &str) -> bool {
    let longer: &[&str] = match form {
        "元" => &["素", "件", "旦", "宵", "首", "年", "老", "气"],
        "成" => &["为", "员", "立", "功", "本", "果", "年", "都", "就", "品", "交", "份", "人", "长", "分"],
        "人" => &["民币", "工智能", "事", "寿", "格", "身", "大", "口"],
        "分" => &["之", "钟", "公司"],
        "日" => &["元", "本", "圆", "常", "报", "语", "期"],
        "月" => &["饼", "经", "薪", "球"],
        "年" => &["级", "龄", "轻", "代", "报", "底", "初", "中", "末", "画", "糕"],
        "天" => &["然", "津", "空", "气"],
        "角" => &["度", "色", "膜", "落"],
        "级" => &["别"],
        "期" => &["间", "限", "货", "末", "初", "权"],
        "家" => &["庭", "属", "长", "具", "电", "族"],
        "名" => &["称", "义", "单", "字", "为"],
        "股" => &["东", "份", "权", "骨", "票", "价", "本"],
        "位" => &["于", "置"],
        "度" => &["假"],
        "升" => &["至", "级", "高", "值", "到", "幅", "降"],
        "条" => &["件", "款", "例", "约", "文", "第"],
        "项" => &["目"],
        "款" => &["项", "第"],
        "章" => &["程"],
        "节" => &["能", "约", "日"],
        "处" => &["罚", "理", "方", "置", "分", "以", "于"],
        "起" => {
            &["诉", "草", "算", "施", "计", "至", "，", "。", "内", "三", "十", "的", "六", "一", "五", "二", "七"]
        }
        "面" => &["积", "值", "对"],
        "所" => &["有", "得", "以", "在", "占"],
        "门" => &["诊"],
        "部" => &["分", "门", "委"],
        "类" => &["型"],
        "组" => &["织", "成"],
        "对" => &["于", "其", "照", "应", "方", "该"],
        "克" => &["拉", "服", "罗"],
        "米" => &["粉", "饭"],
        "倍" => &["他", "频"],
        "次" => &["日", "年", "月", "级", "要", "数", "新"],
        "时" => &["间", "效", "期", "代", "候"],
        "周" => &["岁", "期", "年", "围", "转", "边"],
        "口" => &["服", "头", "腔"],
        "本" => &["金", "法", "条", "公司", "次", "人", "息", "合同", "协议", "年"],
        "行" => &["为", "政", "业", "使"],
        "字" => &["母", "符"],
        "支" => &["付", "出", "持"],
        "片" => &["段", "区"],
        "份" => &["额"],
        "手" => &["术", "续", "段", "足"],
        "层" => &["级"],
        "单位" => &["工会", "犯"],
        _ => &[],
    };
    longer.iter().any(|tail| after.starts_with(tail))
}
