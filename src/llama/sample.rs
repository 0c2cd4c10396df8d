//! Which token comes next.

use llama_cpp_2::{
    model::LlamaModel,
    sampling::LlamaSampler,
    token::{LlamaToken, data::LlamaTokenData, data_array::LlamaTokenDataArray},
};

use super::nucleus::{self, Dice};
use crate::{
    ports::{LogitMask, Sampling},
    text::vocabulary::Vocabulary,
};

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
    pub vocabulary: Vocabulary,
    /// Tokens that end a text: their pieces are empty.
    pub ends: Vec<bool>,
    /// Control tokens, and others without bytes, that no text may contain.
    pub control: Vec<LlamaToken>,
}

impl Pieces {
    pub fn new(model: &LlamaModel) -> Self {
        let vocab = model.vocab();
        let mut control = Vec::new();
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for token in vocab.tokens() {
            let end = vocab.is_eog(token);
            let piece =
                if end || vocab.is_control(token) { Vec::new() } else { vocab.token_to_piece(token, false, None) };
            if !end && piece.is_empty() {
                control.push(token);
            }
            ends.push(end);
            bytes.push(piece);
        }
        Self { vocabulary: Vocabulary::new(bytes), ends, control }
    }

    pub fn of(&self, token: LlamaToken) -> &[u8] {
        index(token).map_or(&[], |id| self.vocabulary.piece(id))
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
    dice: Dice,
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
        let dice = Dice::new(sampling.seed);
        Self { sampling, chain, grammar, mask, recent: Vec::new(), dice }
    }

    /// Draws from the logits and remembers what it drew. `scratch` is for a copy of them, where it takes one.
    ///
    /// # Errors
    /// Where grammar and mask together allow nothing, and where the grammar refuses what it allowed.
    pub fn draw(&mut self, logits: &[f32], scratch: &mut Vec<f32>, pieces: &Pieces) -> Result<Drawn, String> {
        if self.grammar.is_none() && self.mask.is_none() && !self.penalises() {
            let token = self.pick(logits).ok_or("the model gave no token to go on with")?;
            return Ok(if pieces.is_end(token) { Drawn::End } else { Drawn::Token(token) });
        }
        scratch.clear();
        scratch.extend_from_slice(logits);
        self.draw_changing(scratch, pieces)
    }

    fn draw_changing(&mut self, logits: &mut [f32], pieces: &Pieces) -> Result<Drawn, String> {
        self.penalise(logits);
        if self.grammar.is_some() || self.mask.is_some() {
            for token in &pieces.control {
                if let Some(logit) = index(*token).and_then(|i| logits.get_mut(i)) {
                    *logit = f32::NEG_INFINITY;
                }
            }
        }
        let token = match &self.mask {
            Some(mask) => {
                if mask.is_narrow() {
                    keep_only(&**mask, logits, pieces);
                }
                self.pick_masked(logits, pieces)
            }
            None => self.pick(logits),
        };
        let token = self.under_grammar(token, logits, pieces)?;
        if pieces.is_end(token) {
            let others = logits.iter().zip(&pieces.ends).any(|(logit, end)| !end && *logit > f32::NEG_INFINITY);
            return Ok(if self.grammar.is_some() && !others { Drawn::Complete } else { Drawn::End });
        }
        if let Some(grammar) = &mut self.grammar {
            grammar.try_accept(token).map_err(|e| format!("the grammar refuses the token that it allowed ({e})"))?;
        }
        if let Some(mask) = &mut self.mask {
            mask.accept(pieces.of(token));
        }
        self.recent.push(token);
        Ok(Drawn::Token(token))
    }

    /// A token that the mask allows.
    fn pick_masked(&mut self, logits: &mut [f32], pieces: &Pieces) -> Option<LlamaToken> {
        let Some(mask) = &self.mask else { return self.pick(logits) };
        let allows = |id: usize| mask.allows(pieces.vocabulary.piece(id));
        let drawn = nucleus::draw(logits, &self.sampling, &mut self.dice, allows).or_else(|| {
            // The model's favourites are all forbidden: whatever is left, however unlikely.
            keep_only(&**mask, logits, pieces);
            nucleus::draw(logits, &self.sampling, &mut self.dice, |_| true)
        })?;
        i32::try_from(drawn).ok().map(LlamaToken)
    }

    /// `token`, or where the grammar forbids it, the one to draw instead.
    fn under_grammar(
        &mut self,
        token: Option<LlamaToken>,
        logits: &mut [f32],
        pieces: &Pieces,
    ) -> Result<LlamaToken, String> {
        let mut token = token;
        if let Some(grammar) = &mut self.grammar {
            // Most of the time the likeliest token is fine, and one look is cheaper than a whole vocabulary.
            let fine = token.is_some_and(|t| {
                let mut one = LlamaTokenDataArray::new(vec![LlamaTokenData::new(t, 0.0, 0.0)], false);
                grammar.apply(&mut one);
                one.data.first().is_some_and(|d| d.logit() > f32::NEG_INFINITY)
            });
            if !fine || token.is_some_and(|t| pieces.is_end(t)) {
                allow(grammar, logits);
                token = if self.mask.is_some() { self.pick_masked(logits, pieces) } else { self.pick(logits) };
            }
        }
        token.ok_or_else(|| "the grammar and the mask leave no token to go on with".into())
    }

    fn penalises(&self) -> bool {
        let penalty = self.sampling.repeat_penalty;
        penalty > 0.0 && (penalty - 1.0).abs() >= f32::EPSILON
    }

    /// Divides the logits of recent tokens (CTRL, Keskar et al. 2019, with the sign taken into account).
    fn penalise(&self, logits: &mut [f32]) {
        if !self.penalises() {
            return;
        }
        let penalty = self.sampling.repeat_penalty;
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
        let likeliest = nucleus::highest(logits);
        if likeliest == f32::NEG_INFINITY {
            return None;
        }
        // Of two alike the one with the smaller number.
        let best = (0_i32..).zip(logits).find(|(_, l)| **l >= likeliest)?.0;
        let Some(chain) = &mut self.chain else { return Some(LlamaToken(best)) };
        let least = (likeliest - nucleus::NEGLIGIBLE * self.sampling.temperature.max(1.0)).max(f32::MIN);
        let candidates = (0_i32..)
            .zip(logits)
            .filter(|(_, l)| **l >= least)
            .map(|(i, l)| LlamaTokenData::new(LlamaToken(i), *l, 0.0));
        let mut array = LlamaTokenDataArray::from_iter(candidates, false);
        chain.apply(&mut array);
        Some(array.selected_token().unwrap_or(LlamaToken(best)))
    }
}

/// Sets the logits of all tokens that the mask forbids to negative infinity.
fn keep_only(mask: &dyn LogitMask, logits: &mut [f32], pieces: &Pieces) {
    let mut kept: Vec<(usize, f32)> = Vec::new();
    let mut keep = |id: usize| {
        if let Some(logit) = logits.get(id) {
            kept.push((id, *logit));
        }
    };
    mask.allowed(&pieces.vocabulary).into_iter().for_each(&mut keep);
    if mask.allows(&[]) {
        (0..).zip(&pieces.ends).filter(|(_, end)| **end).for_each(|(id, _)| keep(id));
    }
    logits.fill(f32::NEG_INFINITY);
    for (id, logit) in kept {
        logits[id] = logit;
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
