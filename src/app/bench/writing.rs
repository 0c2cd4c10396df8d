//! The generator against llama.cpp: one text and eight at once, with and without constraint, and how soon the first
//! token comes when the evidence was read before.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::{StreamExt, future::try_join_all};
use tokio::task::block_in_place;

use super::{Bench, BenchError, evidence, turns};
use crate::{
    draft::constrain::{OneSentence, sentence::Rules},
    eval::bench::Series,
    llama::{self, ModelOptions},
    models::Job,
    ports::{GenerateRequest, GenerationEvent, Generator, ModelError, Prompt, StoredChunk},
    remote::{self, RemoteGenerator},
    text::lang,
};

const NEW_TOKENS: usize = 64;
const STREAMS: usize = 8;
/// Characters of a prompt: eight of them with their answers fit any context.
const PROMPT: usize = 600;

/// What one text took.
struct Written {
    tokens: usize,
    /// From the request to the first event that shows text, and to the end.
    first: Duration,
    all: Duration,
}

fn request(prompt: &str, max_tokens: usize) -> GenerateRequest {
    GenerateRequest::free(Prompt::Raw(prompt.to_owned()), max_tokens)
}

async fn write(generator: &dyn Generator, request: GenerateRequest) -> Result<Written, BenchError> {
    let start = Instant::now();
    let mut stream = generator.generate(request).await?;
    let (mut first, mut tokens) = (None, 0);
    while let Some(event) = stream.next().await {
        let event = event?;
        first = first.or_else(|| Some(start.elapsed()));
        if let GenerationEvent::Done { new_tokens, .. } = event {
            tokens = new_tokens;
        }
    }
    let all = start.elapsed();
    Ok(Written { tokens, first: first.unwrap_or(all), all })
}

impl Bench<'_> {
    /// Prompts that nobody has seen, read and continued greedily. `server` is the address of llama.cpp's own server
    /// with the same model and as many threads, started with `--parallel 8`; it takes part where it is given.
    pub(super) async fn writing(&self, rounds: usize, server: Option<&str>) -> Result<Vec<Series>, BenchError> {
        let (Some(generator), Some(model)) = (self.app.generator().await?, self.app.assigned(Job::Generator)?) else {
            return Ok(Vec::new());
        };
        let generator = generator.as_ref();
        let options = self.app.model_options(&model);
        let mut all = Vec::new();
        for (streams, bare, served) in [
            (1, "generation", "generation, llama.cpp's server"),
            (STREAMS, "generation, 8 at once", "8 at once, llama.cpp's server"),
        ] {
            let series = Series::new(bare, "tokens", "llama.cpp, greedy loop");
            all.push(self.against_bare(rounds, generator, &options, series, streams).await?);
            if let Some(server) = server {
                let series = Series::new(served, "tokens", "llama.cpp's server");
                all.push(self.against_server(rounds, generator, server, series, streams).await?);
            }
        }
        all.extend(self.first_token(rounds, generator).await?);
        Ok(all)
    }

    /// `count` prompts for a round, each with a number of its own in front, so that none begins as another does.
    fn prompts(&self, kind: &str, round: usize, count: usize) -> Vec<String> {
        let texts = self.texts(round, count);
        texts
            .enumerate()
            .map(|(at, stored)| {
                let text: String = stored.chunk.text.chars().take(PROMPT).collect();
                format!("{}{at} {kind} {round}. {text}", round * count)
            })
            .collect()
    }

    async fn against_bare(
        &self,
        rounds: usize,
        generator: &dyn Generator,
        options: &ModelOptions,
        mut series: Series,
        streams: usize,
    ) -> Result<Series, BenchError> {
        for round in 0..rounds {
            let prompts = self.prompts("a", round, streams);
            // The bare loop writes as many tokens as ours did, so ours goes first.
            let start = Instant::now();
            let written = try_join_all(prompts.iter().map(|p| write(generator, request(p, NEW_TOKENS)))).await?;
            let ours = start.elapsed();
            let tokens: usize = written.iter().map(|written| written.tokens).sum();
            if tokens < NEW_TOKENS * streams * 3 / 4 {
                // They ended at once: too short to compare.
                continue;
            }
            let bare = block_in_place(|| llama::bare_generation(options, &prompts, tokens / streams))?;
            series.add(tokens, ours, Some(bare.elapsed));
        }
        Ok(series)
    }

    async fn against_server(
        &self,
        rounds: usize,
        generator: &dyn Generator,
        server: &str,
        mut series: Series,
        streams: usize,
    ) -> Result<Series, BenchError> {
        let bad = |e: remote::BadOptions| ModelError::Failed { model: server.to_owned(), problem: e.to_string() };
        let options = remote::Options::at(&format!("{}/v1", server.trim_end_matches('/'))).map_err(bad)?;
        let server = RemoteGenerator::open(options)?;
        for round in 0..rounds {
            let prompts = self.prompts("b", round, streams);
            let (mut ours, mut theirs) = ((0, Duration::ZERO), (0, Duration::ZERO));
            for ours_now in turns(round) {
                let (writer, took): (&dyn Generator, _) =
                    if ours_now { (generator, &mut ours) } else { (&server, &mut theirs) };
                let start = Instant::now();
                let texts = prompts.iter().map(|p| write(writer, request(p, NEW_TOKENS)));
                let tokens = try_join_all(texts).await?.iter().map(|written| written.tokens).sum();
                *took = (tokens, start.elapsed());
            }
            if ours.0 == 0 || theirs.0 == 0 {
                continue;
            }
            // Either may end a text early: times are compared for equally many tokens.
            series.add(ours.0, ours.1, Some(theirs.1.mul_f64(ours.0 as f64 / theirs.0 as f64)));
        }
        Ok(series)
    }

    /// The first token of a question about evidence that an earlier one has had read, against that earlier one; and a
    /// token under constraint, against one without.
    async fn first_token(&self, rounds: usize, generator: &dyn Generator) -> Result<[Series; 2], BenchError> {
        let mut again = Series::new("first token, same evidence", "tokens", "evidence read for the first time");
        let mut masked = Series::new("generation, constrained", "tokens", "the same without constraint");
        for round in 0..rounds {
            let stored: Vec<&StoredChunk> = self.texts(round, 2).collect();
            let shared = self.prompts("c", round, 2).join("\n");
            let cold = write(generator, request(&format!("{shared}\nQuestion: what is this about?\n"), 1)).await?;
            let warm = write(generator, request(&format!("{shared}\nQuestion: who wrote it?\n"), 1)).await?;
            again.add(1, warm.first, Some(cold.first));
            let set = evidence(&stored);
            let Some(rules) = Rules::new(lang::detect(&shared), "", set.items()) else { continue };
            let rules = Arc::new(rules);
            let (mut with, mut without) = (None, None);
            for ours_now in turns(round) {
                let mut asked = request(&format!("{shared}\nAnswer:\n"), NEW_TOKENS);
                if ours_now {
                    asked.mask = Some(Box::new(OneSentence::new(Arc::clone(&rules), false)));
                }
                let written = write(generator, asked).await?;
                // Reading is no part of it.
                let each =
                    written.all.saturating_sub(written.first).div_f64(written.tokens.saturating_sub(1).max(1) as f64);
                *(if ours_now { &mut with } else { &mut without }) = (written.tokens > 8).then_some(each);
            }
            if let (Some(with), Some(without)) = (with, without) {
                masked.add(1, with, Some(without));
            }
        }
        Ok([again, masked])
    }
}
