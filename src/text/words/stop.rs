//! Words that carry no meaning of their own in a search. Negations and 第/条 are never among them.

use std::{collections::HashSet, sync::LazyLock};

/// Left out of queries only: the index holds every word.
static STOP: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    const ZH: &str = "的 地 得 了 着 过 吗 呢 吧 啊 呀 嘛 么 之 其 此 该 即 则 而 且 并 与 及 以及 和 或 或者 还是 \
        是 为 在 于 由 从 向 把 被 将 对 对于 关于 就 也 都 又 还 再 很 更 最 会 要 能 可 可以 这 那 这个 那个 这些 那些 \
        什么 怎么 怎么办 怎样 怎么样 如何 哪 哪些 哪个 哪里 谁 几 多少 为什么 是否 能否 可否 是不是 能不能 可不可以 \
        请问 请 我 你 他 她 它 我们 你们 他们 咱们 自己 您 有 一个 一些 一种 一下 进行 如果 的话 因为 所以 但 但是 时 \
        时候 情况 下 上 里 中 后 前 者 所 等 等等 以 因 若 呗 啦 哦 诶";
    const EN: &str = "a an the and or of to in on at by for with from as is are was were be been being am do does did \
        doing have has had having it its this that these those there here i you he she we they me him her us them my \
        your his our their mine yours what which who whom whose when where why how can could will would shall should \
        may might must if then than so such into about over under again further once also just very too up down out \
        s t";
    let stemmer = super::stemmer();
    // Words are stemmed before they are looked up: "does" arrives as "doe".
    let mut stop: HashSet<&'static str> = ZH.split_whitespace().chain(EN.split_whitespace()).collect();
    let stems: Vec<&'static str> = EN
        .split_whitespace()
        .filter_map(|word| {
            let stem = stemmer.stem(word).into_owned();
            (stem != word).then(|| &*stem.leak())
        })
        .collect();
    stop.extend(stems);
    stop
});

/// Whether a query may leave the word out. Takes the form that [`super::Word::text`] has.
pub fn is_stop_word(word: &str) -> bool {
    STOP.contains(word)
}
