//! The words that carry logic, with what each of them does. Lists only; `mod.rs` reads them.

use super::{ConditionClass as C, ConnectiveClass as J, DeonticClass as D, QuantifierClass as Q, Strength as E};

/// What a cue word does to the sentence it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Looks like a cue and is none: 不仅, 不动产, not only.
    Mask,
    Negation,
    Deontic(D),
    Epistemic(E),
    Quantifier(Q),
    Condition(C),
    Connective(J),
}

/// Chinese cues, one line a role, words separated by spaces. Where words overlap the longest at a place wins.
pub(super) const ZH: &[(Role, &str)] = &[
    (
        Role::Mask,
        "不仅 不但 不只 不光 不断 不管 不论 无论 不动产 非常 未来 未成年 未成年人 未婚 无形资产 无形 无线 无人机 非洲 不可抗力 \
         不当得利 不正当 不良 不同 不足 不少 不久 不服 不起诉 不作为 不法 不可或缺 不可避免 不可分割 不等 不一 不特定 不定期 不定 不明 \
         不仅仅 不单 不免 不愧 不惜 不料 不妨 不日 不时 不由 不外乎 不如 不及 不低于 不高于 不少于 不多于 不超过 不大于 不小于 不晚于 \
         不早于 不满 不含 不等于 不记名 不孕 不育 不孕症 不良反应 不良贷款 不稳定性 不确定性 不锈钢 不公平 不公正 不合理 不合格 不利 \
         不适 不安 不全 不健全 不完整 不动 不可撤销 不可转让 不可逆 不显著 不充分 不达标 不合法 不公开 不一致 不稳定 \
         无效 无罪 无偿 无期徒刑 无症状 无息 无记名 无因管理 无机 无菌 无限 无限责任 无线电 无障碍 无水 无害 无意 无关 无民事行为能力 \
         无产 无疑 无非 无数 无国籍 无主 无主物 无担保 无创 无痛 无烟 无铅 无公害 无土 无息贷款 无效合同 \
         非法 非公开 非营利 非盈利 非金融 非居民 非上市 非国有 非公有制 非处方药 非婚生 非货币 非经常性 非流动 非典型 非特异性 非甾体 \
         非诉 非正常 非农 非机动车 非居住 非专利 非独立 非执行 非银行 非标准 非标 非累积 非全日制 非自愿 非因工 非典 非线性 非凡 非遗 \
         非小细胞 非霍奇金 非结构化 非物质 非政府 非现场 非接触 非限制性 非控股 非关联 非受控 非主营 非同一 \
         未遂 未知 未必 未免 未决 未分配利润 未分配 未到期 未决诉讼 未完待续 \
         是否 能否 可否 否则 否定 否认 否决 与否 应否 没收 没落 沉没 埋没 淹没 出没 无时无刻 莫名 免费 避免 难免 以免 幸免 免疫 免除 \
         可能性 许可证 可行性 可靠性 可持续 应当事 反应 适应 效应 供应 相应 对应 响应 感应 回应 应用 应急 应收 应付 应纳税 应激 应答 应邀 应对 应税 应变 应聘 应力 应届 \
         须知 必须品 可见 可观 可是 可惜 可怜 可转换 可转债 可供 可比 可燃 可分割 可再生 \
         全国 全部门 全国人民代表大会 全体会议 全国人大 全球 全称 全面 全年 全新 全科 平均 人均 均匀 均衡 均线 均值 均价 \
         唯一性 部分之 大部分人 或者说 即或 容或 倘或 不或 或然 或有 或有负债 或许 判决 裁决 解决 表决 议决",
    ),
    (
        Role::Negation,
        "不 未 无 没有 没 并非 绝非 而非 决非 毫无 从未 尚未 未曾 不曾 不予 不会 不能 不能够 不是 \
         无法 无从 均不 均未 不再 决不 绝不 并不 并未 并无 勿 毋 请勿 切勿 未能 缺乏 非因 若非 免予 不宜",
    ),
    // Two negators that make a positive.
    (
        Role::Mask,
        "不无 无不 莫不 未尝不 未必不 并非不 并非没有 不是不 不是没有 没有不 不可谓不 不会不 不失为 不乏 无一不 不容忽视",
    ),
    (
        Role::Deontic(D::Obligation),
        "应当 必须 须 应 应予 务必 不得不 不能不 不可不 有义务 负有义务 应依法 必需 应该 一律应当 有责任 需要",
    ),
    (
        Role::Deontic(D::Prohibition),
        "不得 禁止 严禁 不可 不可以 不应 不应当 不应该 不准 不许 不允许 严格禁止 无权 切忌 禁用 忌用 不得以 不得擅自",
    ),
    (Role::Deontic(D::Permission), "可以 有权 得以 准许 允许 可依法 可向 可申请 可要求 可请求 有权利 均可"),
    (Role::Deontic(D::Exemption), "无需 无须 不必 毋须 毋需 不需 不需要 不用 免于 不要求 可不 可以不 豁免"),
    (Role::Deontic(D::Recommendation), "建议 推荐 宜 首选 可考虑 鼓励 提倡 最好"),
    (
        Role::Epistemic(E::Possible),
        "可能 或许 也许 大概 疑似 提示 初步 似乎 预计 有望 潜在 不排除 据称 据报道 估计 推测 可疑 有可能 未必 倾向于",
    ),
    (Role::Epistemic(E::Associated), "相关 有关联 存在关联 相关性 关联性 有关 联系 伴随 伴有 风险因素 危险因素"),
    (Role::Epistemic(E::Causes), "导致 引起 造成 致使 引发 诱发 促使 使得 归因于 由于"),
    (Role::Epistemic(E::Proves), "证明 证实 必然 一定 肯定 确定 必定 确证 确认 治愈 根治 毫无疑问 无疑 显然 绝对"),
    (
        Role::Quantifier(Q::All),
        "全部 所有 任何 均 一切 每个 每一 凡 凡是 全体 各 皆 全都 一律 每名 每位 悉数 百分之百 都 始终 总是",
    ),
    (Role::Quantifier(Q::Most), "大多数 多数 大部分 绝大多数 绝大部分 主要 通常 一般 往往 普遍"),
    (Role::Quantifier(Q::Some), "部分 有些 一些 某些 个别 少数 若干 少部分 有的 有时 偶尔 少量 小部分"),
    (Role::Quantifier(Q::Only), "仅 只 唯一 仅仅 只有 仅限 仅有 惟一 只能 仅能 专门 只限"),
    (
        Role::Mask,
        "只要 只是 只不过 一只 只股票 两只 每只 只基金 各种 各类 各位 各级 各自 都市 首都 成都 有些许 各项 各国 各地",
    ),
    (Role::Condition(C::Exception), "但是 但 除外 除非 除 例外 不在此限 的除外 另有规定 另有约定 豁免 然而"),
    (
        Role::Mask,
        "但愿 不但 非但 扣除 解除 免除 排除 删除 消除 清除 除了 除以 去除 切除 铲除 废除 根除 开除 除息 除权 除夕 除臭 拆除 撤除 剔除 除名",
    ),
    (
        Role::Condition(C::Condition),
        "如果 如 若 假如 倘若 只要 一旦 的情况下 的情形下 情况下 情形下 在情况 为前提 前提下 的条件下 的时候 未经 经批准 经同意 经许可",
    ),
    (
        Role::Mask,
        "如下 例如 如何 比如 如此 譬如 如同 如期 如实 假若干 若干 诸如 如意 犹如 一如 有如 正如 如上 如前所述 同时 及时 当时 时间 时期 \
         时效 小时 按时 随时 临时 平时 暂时 时代 时限 实时 届时 准时 工时 时刻 时候 何时 定时 即时 有时 历时 时任 时点 时常 时段",
    ),
    (Role::Connective(J::Or), "或者 或 之一 其中一项 任一 任意一项 任何一项"),
    (Role::Connective(J::And), "并且 且 同时 以及 和 及 与 并"),
    (
        Role::Mask,
        "和谐 和平 和解 共和国 中华人民共和国 饱和 和好 温和 缓和 总和 参与 与会 给与 赠与 合并 兼并 并购 并发 并联 并处 并列 吞并 并存 \
         一并 及格 普及 涉及 及早 以及时 波及 触及 顾及 及其 而且 况且 尚且 暂且 并发症 并案",
    ),
];

/// English cues, matched as whole words without regard to case.
pub(super) const EN: &[(Role, &str)] = &[
    (
        Role::Mask,
        "not only|not just|not merely|no later than|not later than|no less than|not less than|no fewer than|not fewer than|no more than|\
         not more than|no sooner than|not exceeding|not to exceed|does not exceed|not limited to|whether or not|or not|not to mention|\
         no doubt|if not|why not|no.|no one knows|last but not least|nothing but|not uncommon|not unlike|not infrequently|\
         not impossible|not without|no matter|without limitation|without prejudice|no-fault|non-profit|may 1|in may|of may|\
         can not only|must-have|not unlikely|not insignificant|at will|will and testament|last will|month of may",
    ),
    (
        Role::Negation,
        "not|no|never|without|neither|nor|cannot|can not|can't|don't|doesn't|didn't|isn't|aren't|wasn't|weren't|won't|wouldn't|couldn't|\
         shouldn't|hasn't|haven't|hadn't|don’t|doesn’t|didn’t|isn’t|aren’t|wasn’t|weren’t|won’t|wouldn’t|couldn’t|shouldn’t|hasn’t|\
         haven’t|hadn’t|can’t|fails to|failed to|fail to|failure to|unable to|none|nobody|nothing|lacks|lacked|lack of|no longer|no evidence|\
         absence of|did not|does not|do not|is not|are not|was not|were not|has not|have not|had not|will not|would not|could not|\
         hardly|barely|scarcely",
    ),
    (
        Role::Deontic(D::Obligation),
        "must|shall|is required to|are required to|was required to|were required to|is obliged to|are obliged to|is obligated to|\
         are obligated to|has to|have to|had to|needs to|need to|is to be|are to be|is mandatory|has a duty to|agrees to|undertakes to|\
         required to",
    ),
    (
        Role::Deontic(D::Prohibition),
        "must not|shall not|may not|mustn't|shan't|is prohibited from|are prohibited from|is prohibited|are prohibited|is forbidden|\
         are forbidden|not permitted to|not allowed to|is not permitted|are not permitted|is not allowed|are not allowed|not be permitted to|\
         is not entitled to|are not entitled to|no person shall|no person may|prohibited from|ought not|should not|shouldn't|shall in no event|\
         shall never|must never|may never|shall neither|not authorized to|is barred from|are barred from|prohibits|contraindicated",
    ),
    (
        Role::Deontic(D::Permission),
        "may|is entitled to|are entitled to|is permitted to|are permitted to|is allowed to|are allowed to|has the right to|have the right to|\
         is authorized to|are authorized to|at its discretion|shall be entitled to|be permitted to|be entitled to|be allowed to|is free to|\
         shall have the right to",
    ),
    (
        Role::Deontic(D::Exemption),
        "need not|is not required to|are not required to|not required|not obliged to|not obligated to|does not have to|do not have to|\
         don't have to|doesn't have to|exempt from|shall not be required to|no obligation to|no duty to|is optional|are optional|\
         not be obligated to|shall not be obligated to",
    ),
    (
        Role::Deontic(D::Recommendation),
        "should|ought to|is recommended|are recommended|is advised|recommends|recommend",
    ),
    (
        Role::Epistemic(E::Possible),
        "might|could|possibly|perhaps|probably|suggest|suggests|suggested|suggesting|appears to|appear to|seems to|seem to|likely|potentially|\
         potential|may be|may cause|may help|may have|may increase|may reduce|may lead|may lead to|may result|may result in|may contribute|\
         may contribute to|may occur|may develop|may also|may improve|may affect|may become|may experience|may decrease|may not|may prevent|may require|may include|preliminary|hypothesized|\
         estimated|expected to|alleged|allegedly|reportedly|believed to|thought to|not necessarily|can cause|can lead to|can increase",
    ),
    (
        Role::Epistemic(E::Associated),
        "associated with|association|associations|associate|correlated with|correlates with|correlation|linked to|related to|risk factor|\
         risk factors|relationship between|linked with|link between",
    ),
    (
        Role::Epistemic(E::Causes),
        "cause|causes|caused|causing|leads to|led to|lead to|leading to|results in|resulted in|result in|due to|because of|induces|induced|\
         triggers|triggered|responsible for causing|attributable to|prevents|prevented",
    ),
    (
        Role::Epistemic(E::Proves),
        "prove|proves|proved|proven|demonstrates conclusively|certainly|definitely|always|guarantees|guaranteed|undoubtedly|conclusively|cures|cured|cure|inevitably|establishes that",
    ),
    (
        Role::Quantifier(Q::All),
        "all|all of|each of|any|every|each|always|entirely|completely|everyone|everybody|everything|both|whole",
    ),
    (Role::Quantifier(Q::Most), "most|majority of|usually|generally|typically|mainly|mostly|often|largely|primarily"),
    (
        Role::Quantifier(Q::Some),
        "some|several|certain|sometimes|partially|partly|a few|occasionally|a number of|few|many|in part|rarely",
    ),
    (Role::Quantifier(Q::Only), "only|solely|exclusively|sole|the only|nothing other than|merely"),
    (
        Role::Mask,
        "after all|at all|all-cause|above all|at most|the most|first of all|all rights|all day|all-time|in any event|not any|any one|if any|most recent|a certain|for some time|if only|only child|at some",
    ),
    (
        Role::Condition(C::Exception),
        "unless|except|excepting|except that|except for|other than|excluding|notwithstanding|save for|save that|with the exception of|\
         provided however|provided, however|but|however|although|though|apart from|exempt|exempts|exemption",
    ),
    (
        Role::Condition(C::Condition),
        "if|subject to|provided that|provided|only if|in the event|in the event that|on condition that|so long as|as long as|when|where|\
         in case|in cases where|whenever|upon|prior written consent|with the consent of|conditional on|contingent on|contingent upon|until|\
         to the extent|to the extent that|in the case of",
    ),
    (
        Role::Mask,
        "as if|what if|but also|nothing but|all but|not only but|provided by|provided in|provided to|provided for|provided with|provided a|provided an|provided the|\
         based upon|where he|even if|even when|agreed upon|whereas|where she|where they|when he|when she|was provided|were provided|is provided|are provided|be provided|been provided|provided under|provided information",
    ),
    (Role::Connective(J::Or), "or|either|any of|one of|at least one of|one or more of"),
    (Role::Connective(J::And), "and|both|all of|each of|as well as|and also"),
    (
        Role::Mask,
        "and/or|or more|or less|more or less|and so on|or so|or later|or earlier|or older|or higher|or greater|or above|or below|or fewer|or under|or over",
    ),
];
