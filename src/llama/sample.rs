//! Which token comes next.

use llama_cpp_2::{
    model::LlamaModel,
    sampling::LlamaSampler,
    token::{LlamaToken, data::LlamaTokenData, data_array::LlamaTokenDataArray},
};

use crate::ports::{LogitMask, Sampling};

/// Tokens back that the repeat penalty looks at.
const PENALTY_WINDOW: usize = 64;

/// What was drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drawn {
    Token(LlamaToken),
    /// The model ends its turn.
    End,
    /// The grammar leaves nothing but the end.
    Complete,
}

/// A model's tokens as bytes, made when first asked for.
pub struct Pieces {
    bytes: Vec<Vec<u8>>,
    /// Tokens that end a text: their pieces are empty.
    pub ends: Vec<bool>,
    /// Control tokens that no text may contain.
    pub control: Vec<LlamaToken>,
}

impl Pieces {
    pub fn new(model: &LlamaModel) -> Self {
        let vocab = model.vocab();
        let mut control = Vec::new();
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for token in vocab.tokens() {
            let end = vocab.is_eog(token);
            if !end && vocab.is_control(token) {
                control.push(token);
            }
            ends.push(end);
            bytes.push(if end { Vec::new() } else { vocab.token_to_piece(token, false, None) });
        }
        Self { bytes, ends, control }
    }

    pub fn of(&self, token: LlamaToken) -> &[u8] {
        index(token).and_then(|i| self.bytes.get(i)).map_or(&[], Vec::as_slice)
    }

    fn is_end(&self, token: LlamaToken) -> bool {
        index(token).and_then(|i| self.ends.get(i)).copied().unwrap_or(false)
    }
}

fn index(token: LlamaToken) -> Option<usize> {
    usize::try_from(token.0).ok()
}

/// Draws under a grammar and a mask.
pub struct Drawer {
    sampling: Sampling,
    /// `None` is greedy.
    chain: Option<LlamaSampler>,
    grammar: Option<LlamaSampler>,
    mask: Option<Box<dyn LogitMask>>,
    recent: Vec<LlamaToken>,
}

/// GBNF with a rule `root`.
pub fn grammar(model: &LlamaModel, text: &str) -> Result<LlamaSampler, String> {
    LlamaSampler::grammar(model, text, "root").map_err(|e| format!("the grammar is not valid GBNF ({e})"))
}

impl Drawer {
    pub fn new(sampling: Sampling, grammar: Option<LlamaSampler>, mask: Option<Box<dyn LogitMask>>) -> Self {
        let chain = (sampling.temperature > 0.0).then(|| {
            let top_p = LlamaSampler::top_p(sampling.top_p.clamp(0.0, 1.0), 1);
            LlamaSampler::chain(
                [top_p, LlamaSampler::temp(sampling.temperature), LlamaSampler::dist(sampling.seed)],
                true,
            )
        });
        Self { sampling, chain, grammar, mask, recent: Vec::new() }
    }

    /// Draws from the logits and remembers what it drew.
    ///
    /// # Errors
    /// Where grammar and mask together allow nothing, and where the grammar refuses what it allowed.
    pub fn draw(&mut self, logits: &mut [f32], pieces: &Pieces) -> Result<Drawn, String> {
        self.penalise(logits);
        if self.grammar.is_some() || self.mask.is_some() {
            for token in &pieces.control {
                if let Some(logit) = index(*token).and_then(|i| logits.get_mut(i)) {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
        if let Some(mask) = &mut self.mask {
            mask.mask(logits, &pieces.bytes);
        }
        let mut token = self.pick(logits);
        if let Some(grammar) = &mut self.grammar {
            // Most of the time the likeliest token is fine, and one look is cheaper than a whole vocabulary.
            let fine = token.is_some_and(|t| {
                let mut one = LlamaTokenDataArray::new(vec![LlamaTokenData::new(t, 0.0, 0.0)], false);
                grammar.apply(&mut one);
                one.data.first().is_some_and(|d| d.logit() > f32::NEG_INFINITY)
            });
            if !fine || token.is_some_and(|t| pieces.is_end(t)) {
                allow(grammar, logits);
                token = self.pick(logits);
            }
        }
        let Some(token) = token else {
            return Err("the grammar and the mask leave no token to go on with".into());
        };
        if pieces.is_end(token) {
            let others = logits.iter().zip(&pieces.ends).any(|(logit, end)| !end && *logit > f32::NEG_INFINITY);
            return Ok(if self.grammar.is_some() && !others { Drawn::Complete } else { Drawn::End });
        }
        if let Some(grammar) = &mut self.grammar {
            grammar.try_accept(token).map_err(|e| format!("the grammar refuses the token that it allowed ({e})"))?;
        }
        if let (Some(mask), Some(id)) = (&mut self.mask, index(token)) {
            mask.accept(id, pieces.of(token));
        }
        self.recent.push(token);
        Ok(Drawn::Token(token))
    }

    /// Divides the logits of recent tokens (CTRL, Keskar et al. 2019, with the sign taken into account).
    fn penalise(&self, logits: &mut [f32]) {
        let penalty = self.sampling.repeat_penalty;
        if penalty <= 0.0 || (penalty - 1.0).abs() < f32::EPSILON {
            return;
        }
        let from = self.recent.len().saturating_sub(PENALTY_WINDOW);
        let mut seen: Vec<LlamaToken> = self.recent[from..].to_vec();
        seen.sort_unstable_by_key(|t| t.0);
        seen.dedup();
        for token in seen {
            if let Some(logit) = index(token).and_then(|i| logits.get_mut(i)) {
                *logit = if *logit > 0.0 { *logit / penalty } else { *logit * penalty };
            }
        }
    }

    fn pick(&mut self, logits: &[f32]) -> Option<LlamaToken> {
        let (best, likeliest) =
            (0_i32..).zip(logits).filter(|(_, l)| !l.is_nan()).max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(&a.0)))?;
        if *likeliest == f32::NEG_INFINITY {
            return None;
        }
        let Some(chain) = &mut self.chain else { return Some(LlamaToken(best)) };
        let candidates = (0_i32..)
            .zip(logits)
            .filter(|(_, l)| **l > f32::NEG_INFINITY)
            .map(|(i, l)| LlamaTokenData::new(LlamaToken(i), *l, 0.0));
        let mut array = LlamaTokenDataArray::from_iter(candidates, false);
        chain.apply(&mut array);
        Some(array.selected_token().unwrap_or(LlamaToken(best)))
    }
}

/// Sets the logits of all tokens that the grammar forbids to negative infinity.
fn allow(grammar: &mut LlamaSampler, logits: &mut [f32]) {
    let candidates = (0_i32..)
        .zip(logits.iter())
        .filter(|(_, l)| **l > f32::NEG_INFINITY)
        .map(|(i, l)| LlamaTokenData::new(LlamaToken(i), *l, 0.0));
    let mut array = LlamaTokenDataArray::from_iter(candidates, false);
    grammar.apply(&mut array);
    for data in &array.data {
        if let Some(logit) = index(data.id()).and_then(|i| logits.get_mut(i)) {
            *logit = data.logit();
        }
    }
}
