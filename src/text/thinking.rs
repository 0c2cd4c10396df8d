//! What a reasoning model thinks, apart from what it says: a splitter for text that comes in pieces, cut anywhere.
//!
//! The marks are those that the chat templates of current families write: `<think>` (R1, Qwen 3, GLM, ERNIE,
//! Hunyuan, Nemotron), `<thought>` (EXAONE), `<seed:think>` (Seed-OSS), `[THINK]` (Magistral), `◁think▷` (Kimi),
//! `<|START_THINKING|>` (Command) and the channels of gpt-oss.

/// The channel in which gpt-oss thinks, and the one in which it answers.
const ANALYSIS: (&str, &str) = ("<|channel|>analysis<|message|>", "<|end|>");
const FINAL: &str = "<|channel|>final<|message|>";

/// Begin and end of a block of thoughts.
const BLOCKS: [(&str, &str); 10] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ANALYSIS,
    ("<|channel|>commentary<|message|>", "<|end|>"),
];

/// What stands around an answer without being part of it.
const FRAMES: [&str; 7] =
    ["<|start|>assistant", FINAL, "<|return|>", "<answer>", "</answer>", "<|START_RESPONSE|>", "<|END_RESPONSE|>"];

/// What ends the block of thoughts that a prompt leaves open at its end, as the templates of some families do.
fn opened_by(prompt: &str) -> Option<&'static str> {
    let prompt = prompt.trim_end();
    BLOCKS.iter().find(|(begin, _)| prompt.ends_with(begin)).map(|(_, end)| *end)
}

/// What opens a turn without thoughts: `prefix`, behind `turn`, which is the prompt as the model's template renders it.
/// A block that either leaves open is closed.
pub fn skipped(turn: &str, prefix: &str) -> String {
    if let Some(end) = opened_by(turn) {
        return match prefix.split_once(end) {
            Some((_, rest)) => format!("{end}{rest}"),
            None => format!("{end}\n\n{prefix}"),
        };
    }
    let end = opened_by(prefix).map_or_else(String::new, |end| format!("{end}\n\n"));
    format!("{prefix}{end}")
}

/// Where in a turn thoughts go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Written before them.
    pub open: String,
    /// The mark that ends them.
    pub end: &'static str,
    /// Written behind them, that mark first; then the answer begins.
    pub close: String,
}

/// The block of thoughts of a model: the one that its `template` opens at the end of a rendered `turn`, that its `prefix`
/// opens and closes for it, or else that the template tells of. `None` for a model that does not think.
pub fn block(turn: &str, prefix: &str, template: &str) -> Option<Block> {
    if let Some(end) = opened_by(turn) {
        return Some(Block { open: String::new(), end, close: skipped(turn, prefix) });
    }
    if prefix.contains(FINAL) {
        let (begin, end) = ANALYSIS;
        return Some(Block { open: begin.to_owned(), end, close: format!("{end}<|start|>assistant{prefix}") });
    }
    let in_prefix = BLOCKS.iter().find_map(|(begin, end)| {
        let open = prefix.find(begin)? + begin.len();
        let close = open + prefix[open..].find(end)?;
        Some(Block { open: format!("{}\n", &prefix[..open]), end, close: prefix[close..].to_owned() })
    });
    in_prefix.or_else(|| {
        let told = |(begin, end): &&(&str, &str)| template.contains(begin) && template.contains(end);
        BLOCKS.iter().find(told).map(|(begin, end)| Block {
            open: format!("{begin}\n"),
            end,
            close: format!("{end}\n\n{prefix}"),
        })
    })
}

/// A piece of what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    Said(String),
    Thought(String),
    /// All that was told as said was thought: the block was opened in the prompt, and only its end was written.
    AllThought,
}

/// Keeps thoughts apart from text that comes in pieces.
#[derive(Clone, Debug, Default)]
pub struct Splitter {
    /// What may still become a mark.
    held: String,
    inside: Option<Inside>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    /// Opened in the prompt: any end ends it.
    Any,
    Block(usize),
}

/// A mark that was found.
#[derive(Clone, Copy)]
enum Mark {
    Begin(usize),
    End,
    Frame,
}

impl Splitter {
    /// For a turn whose block of thoughts was opened in the prompt.
    pub fn inside() -> Self {
        Self { inside: Some(Inside::Any), ..Self::default() }
    }

    /// Whether what comes next is thought, unless a mark comes.
    pub const fn is_thinking(&self) -> bool {
        self.inside.is_some()
    }

    /// What is known of the text up to here.
    pub fn push(&mut self, piece: &str) -> Vec<Part> {
        self.held.push_str(piece);
        let mut parts = Vec::new();
        loop {
            let marks = self.marks();
            // The first mark; of those that begin at the same place the longest.
            let found = marks
                .iter()
                .filter_map(|(text, mark)| Some((self.held.find(text)?, text.len(), *mark)))
                .min_by_key(|(at, length, _)| (*at, std::cmp::Reverse(*length)));
            let Some((at, length, mark)) = found else {
                let keep = self.tail(&marks);
                let rest = self.held.split_off(self.held.len() - keep);
                let whole = std::mem::replace(&mut self.held, rest);
                self.tell(whole, &mut parts);
                return parts;
            };
            let rest = self.held.split_off(at + length);
            let mut before = std::mem::replace(&mut self.held, rest);
            before.truncate(at);
            self.tell(before, &mut parts);
            match mark {
                Mark::Begin(block) => self.inside = Some(Inside::Block(block)),
                Mark::End if self.inside.is_none() => parts.push(Part::AllThought),
                Mark::End => self.inside = None,
                Mark::Frame => {}
            }
        }
    }

    /// What was held back in case it became a mark.
    pub fn finish(mut self) -> Option<Part> {
        let mut parts = Vec::new();
        let rest = std::mem::take(&mut self.held);
        self.tell(rest, &mut parts);
        parts.pop()
    }

    fn tell(&self, text: String, parts: &mut Vec<Part>) {
        if !text.is_empty() {
            parts.push(if self.inside.is_some() { Part::Thought(text) } else { Part::Said(text) });
        }
    }

    /// The marks that mean something here.
    fn marks(&self) -> Vec<(&'static str, Mark)> {
        match self.inside {
            Some(Inside::Block(block)) => vec![(BLOCKS[block].1, Mark::End)],
            Some(Inside::Any) => BLOCKS.iter().map(|(_, end)| (*end, Mark::End)).collect(),
            None => {
                let begins = BLOCKS.iter().enumerate().map(|(at, (begin, _))| (*begin, Mark::Begin(at)));
                let ends = BLOCKS.iter().map(|(_, end)| (*end, Mark::End));
                begins.chain(ends).chain(FRAMES.iter().map(|frame| (*frame, Mark::Frame))).collect()
            }
        }
    }

    /// Bytes at the end that may be the beginning of a mark.
    fn tail(&self, marks: &[(&'static str, Mark)]) -> usize {
        let begins = |mark: &str| {
            let longest = (mark.len() - 1).min(self.held.len());
            (1..=longest).rev().find(|n| mark.is_char_boundary(*n) && self.held.ends_with(&mark[..*n])).unwrap_or(0)
        };
        marks.iter().map(|(mark, _)| begins(mark)).max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// (said, thought), of a text that comes in these pieces.
    fn run<'a>(mut splitter: Splitter, pieces: impl IntoIterator<Item = &'a str>) -> (String, String) {
        let (mut said, mut thought) = (String::new(), String::new());
        let mut take = |part: Part| match part {
            Part::Said(text) => said.push_str(&text),
            Part::Thought(text) => thought.push_str(&text),
            Part::AllThought => {
                thought.push_str(&said);
                said.clear();
            }
        };
        for piece in pieces {
            splitter.push(piece).into_iter().for_each(&mut take);
        }
        splitter.finish().into_iter().for_each(&mut take);
        (said, thought)
    }

    /// Every way to cut a text in three.
    fn cuts(text: &str) -> Vec<[&str; 3]> {
        let places: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let pairs = places.iter().flat_map(|a| places.iter().filter(move |b| a <= b).map(move |b| (*a, *b)));
        pairs.map(|(a, b)| [&text[..a], &text[a..b], &text[b..]]).collect()
    }

    #[test]
    fn a_block_that_a_prompt_leaves_open_is_seen() {
        assert_eq!(opened_by("<|im_start|>assistant\n<think>\n"), Some("</think>"));
        assert_eq!(opened_by("<|im_start|>assistant\n<think>\n\n</think>\n\n"), None);
        assert_eq!(opened_by("What does <think> mean?<|im_start|>assistant\n"), None);
    }

    /// (how a turn is rendered, prefix, template), what opens it without thoughts, and what stands around thoughts.
    #[test]
    fn every_family_thinks_where_its_template_wants_it() {
        let turn = "<|im_start|>assistant\n";
        for ((turn, prefix, template), silent, around) in [
            // R1 and Qwen 3.5 open the block, the one with what a catalog says, the other without.
            (("<｜Assistant｜><think>\n", "", ""), "</think>\n\n", Some(("", "</think>\n\n"))),
            (
                ("<|im_start|>assistant\n<think>\n", "<think>\n\n</think>\n\n", ""),
                "</think>\n\n",
                Some(("", "</think>\n\n")),
            ),
            // Hunyuan.
            (
                (turn, "<think>\n\n</think>\n<answer>\n", ""),
                "<think>\n\n</think>\n<answer>\n",
                Some(("<think>\n", "</think>\n<answer>\n")),
            ),
            // gpt-oss.
            (
                ("<|start|>assistant", FINAL, ""),
                FINAL,
                Some(("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>")),
            ),
            // Qwen 3 as somebody brings it.
            ((turn, "", "…'<think>\n\n</think>\n\n'…"), "", Some(("<think>\n", "</think>\n\n"))),
            // A model that does not think.
            ((turn, "", "…'<think>'…"), "", None),
        ] {
            assert_eq!(skipped(turn, prefix), silent, "{turn} {prefix}");
            let block = block(turn, prefix, template);
            let found = block.as_ref().map(|block| (block.open.as_str(), block.close.as_str()));
            assert_eq!(found, around, "{turn} {prefix}");
            assert!(block.is_none_or(|block| block.close.starts_with(block.end)));
        }
    }

    #[test]
    fn every_family_is_split_wherever_its_tokens_are_cut() {
        for (text, said, thought) in [
            ("<think>\n甲？\n</think>\n乙。[1]", "\n乙。[1]", "\n甲？\n"),
            ("<think></think>ok", "ok", ""),
            ("<seed:think>a</seed:think>b", "b", "a"),
            ("[THINK]a[1][/THINK]b[1]", "b[1]", "a[1]"),
            ("◁think▷想◁/think▷说", "说", "想"),
            ("<think>x</think><answer>y</answer>", "y", "x"),
            (
                "<|channel|>analysis<|message|>a<|end|><|start|>assistant<|channel|>final<|message|>b<|return|>",
                "b",
                "a",
            ),
            ("a<think>b</think>c", "ac", "b"),
            ("<think>never ends", "", "never ends"),
            ("a < b, [1] and <thin", "a < b, [1] and <thin", ""),
            ("<think>a</thought>b</think>c", "c", "a</thought>b"),
        ] {
            for pieces in cuts(text) {
                let got = run(Splitter::default(), pieces);
                assert_eq!((got.0.as_str(), got.1.as_str()), (said, thought), "{pieces:?}");
            }
        }
    }

    #[test]
    fn a_block_that_was_opened_in_the_prompt_is_thought() {
        for pieces in cuts("好，用户问…</think>答。") {
            for splitter in [Splitter::default(), Splitter::inside()] {
                let got = run(splitter, pieces);
                assert_eq!((got.0.as_str(), got.1.as_str()), ("答。", "好，用户问…"), "{pieces:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_is_lost_where_nothing_is_marked(text in "[a-z<>/\\[\\]|法律]{0,30}", step in 1_usize..5) {
            prop_assume!(!BLOCKS.iter().any(|(a, b)| text.contains(a) || text.contains(b)));
            let characters: Vec<char> = text.chars().collect();
            let pieces: Vec<String> = characters.chunks(step).map(|c| c.iter().collect()).collect();
            let got = run(Splitter::default(), pieces.iter().map(String::as_str));
            prop_assert_eq!(got, (text, String::new()));
        }
    }
}
