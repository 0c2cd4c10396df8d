//! The models that do the work, each opened when first needed.

use std::{num::NonZeroUsize, sync::Arc};

use super::{App, AppError};
use crate::{
    domain::answer::ModelIdentity,
    llama::{
        EmbedderOptions, GeneratorOptions, LlamaEmbedder, LlamaEncoder, LlamaGenerator, LlamaJudge, LlamaReranker,
        ModelOptions, Trained,
    },
    models::{Installed, Job, Models, ModelsError, SecondLook, gguf, second_look},
    ports::{Embedder, Encoder, Generator, Judge, ModelError, Reranker, Retriever},
    remote::RemoteGenerator,
    retrieve::{ByRelevance, BySentences, QueryAdapter, Remembering},
    testing,
};

/// Tokens of a claim with its evidence, as the trained judge reads them, with room for the question.
const JUDGE_CONTEXT: u32 = 512;

impl App {
    /// `None` where none was chosen; a model that was chosen and cannot be loaded is an error.
    pub async fn embedder(&self) -> Result<Option<Arc<dyn Embedder>>, AppError> {
        let opened = self.0.embedder.get_or_try_init(|| async {
            if self.0.config.fake_models {
                return Ok(Some(Arc::new(Remembering::new(testing::FakeEmbedder::default())) as Arc<dyn Embedder>));
            }
            let Some(chosen) = self.0.models.assigned(Job::Embedder)? else { return Ok(None) };
            let options = self.embedder_options(&chosen);
            let embedder = blocking(move || LlamaEmbedder::open(options)).await?;
            Ok::<_, AppError>(Some(Arc::new(Remembering::new(embedder)) as Arc<dyn Embedder>))
        });
        opened.await.cloned()
    }

    /// `None` where none was chosen; a model that was chosen and cannot be loaded is an error.
    pub async fn generator(&self) -> Result<Option<Arc<dyn Generator>>, AppError> {
        let opened = self.0.generator.get_or_try_init(|| async {
            if self.0.config.fake_models {
                let script = "No source was read. [1]\n";
                return Ok(Some(Arc::new(testing::FakeGenerator::new([script])) as Arc<dyn Generator>));
            }
            if let Some(options) = &self.0.config.generator {
                return Ok(Some(Arc::new(RemoteGenerator::open(options.clone())?) as Arc<dyn Generator>));
            }
            let local = self.local_generator().await?;
            Ok::<_, AppError>(local.map(|generator| generator as Arc<dyn Generator>))
        });
        opened.await.cloned()
    }

    /// The generator of this process, whoever asks for it: the judge may be the same model.
    async fn local_generator(&self) -> Result<Option<Arc<LlamaGenerator>>, AppError> {
        let opened = self.0.local_generator.get_or_try_init(|| async {
            let Some(chosen) = self.0.models.assigned(Job::Generator)? else { return Ok(None) };
            let options = self.generator_options(&chosen);
            let generator = blocking(move || LlamaGenerator::open(options)).await?;
            Ok::<_, AppError>(Some(Arc::new(generator)))
        });
        opened.await.cloned()
    }

    /// The language model that is asked about what rules and encoder leave open; `None` where none was chosen. A
    /// generator that judges as well is held once.
    pub async fn judge(&self) -> Result<Option<Arc<dyn Judge>>, AppError> {
        let opened = self.0.judge.get_or_try_init(|| async {
            if self.0.config.fake_models {
                return Ok(None);
            }
            let Some(chosen) = self.0.models.assigned(Job::Judge)? else { return Ok(None) };
            if let Some(trained) = Trained::beside(&chosen.path)? {
                return Ok(Some(self.trained_judge(trained).await?));
            }
            let writes = self.0.models.assigned(Job::Generator)?.is_some_and(|model| model.name == chosen.name);
            if self.0.config.generator.is_none()
                && writes
                && let Some(generator) = self.local_generator().await?
            {
                return Ok(Some(Arc::new(generator.judge()?) as Arc<dyn Judge>));
            }
            let options = self.generator_options(&chosen);
            let judge = blocking(move || LlamaJudge::open(options)).await?;
            Ok::<_, AppError>(Some(Arc::new(judge) as Arc<dyn Judge>))
        });
        opened.await.cloned()
    }

    /// A judge that is an adapter, over the model that it was trained for.
    async fn trained_judge(&self, trained: Trained) -> Result<Arc<dyn Judge>, AppError> {
        let base = self.0.models.installed()?.into_iter().find(|model| model.sha256 == trained.base.sha256);
        let base = base
            .ok_or_else(|| ModelsError::NoBase { judge: trained.identity().name, base: trained.base.name.clone() })?;
        let mut options = GeneratorOptions::new(self.model_options(&base));
        options.context = JUDGE_CONTEXT;
        Ok(Arc::new(blocking(move || LlamaJudge::trained(trained, options)).await?))
    }

    /// Nothing is loaded for whoever only looks.
    pub fn loaded_generator(&self) -> Option<&dyn Generator> {
        self.0.generator.get()?.as_deref()
    }

    /// The cross-encoder that was chosen, or that came with the program; `None` where there is neither.
    pub async fn encoder(&self) -> Result<Option<Arc<dyn Encoder>>, AppError> {
        let opened = self.0.encoder.get_or_try_init(|| async {
            if self.0.config.fake_models {
                return Ok(None);
            }
            let chosen = self.0.models.assigned(Job::Verifier)?;
            let Some(chosen) = chosen.map_or_else(|| Models::shipped(&self.0.config.verifier_dir), |m| Ok(Some(m)))?
            else {
                return Ok(None);
            };
            let options = self.model_options(&chosen);
            let encoder = blocking(move || LlamaEncoder::open(&options)).await?;
            Ok::<_, AppError>(Some(Arc::new(encoder) as Arc<dyn Encoder>))
        });
        opened.await.cloned()
    }

    /// What moves the vectors of questions to this embedder.
    pub fn query_adapter(&self, embedder: &dyn Embedder) -> Result<Option<QueryAdapter>, AppError> {
        match self.0.models.assigned(Job::Embedder)? {
            Some(chosen) if !self.0.config.fake_models => {
                Ok(QueryAdapter::for_model(&chosen.path, &chosen.sha256, embedder.dimensions())?)
            }
            _ => Ok(None),
        }
    }

    /// What takes a second look at what was found, where it was chosen.
    pub(super) async fn reranker(&self) -> Result<Option<Arc<dyn Reranker>>, AppError> {
        let Some(chosen) = self.0.models.assigned(Job::Reranker)?.filter(|_| !self.0.config.fake_models) else {
            return Ok(None);
        };
        let embedder = self.0.models.assigned(Job::Embedder)?;
        if embedder.is_some_and(|embedder| embedder.name == chosen.name) {
            return Ok(self.embedder().await?.map(|embedder| Arc::new(BySentences(embedder)) as Arc<dyn Reranker>));
        }
        let (options, embedding) = (self.model_options(&chosen), self.embedder_options(&chosen));
        let opened = blocking(move || -> Result<Arc<dyn Reranker>, ModelError> {
            let look = gguf::read_header(&options.path).ok().as_ref().and_then(second_look);
            Ok(match look {
                Some(SecondLook::Relevance) => Arc::new(ByRelevance(Arc::new(LlamaEncoder::open(&options)?))),
                Some(SecondLook::Sentences) => Arc::new(BySentences(Arc::new(LlamaEmbedder::open(embedding)?))),
                Some(SecondLook::Head) | None => Arc::new(LlamaReranker::open(&options)?),
            })
        });
        Ok(Some(opened.await?))
    }

    fn embedder_options(&self, model: &Installed) -> EmbedderOptions {
        EmbedderOptions::new(self.model_options(model))
            .with_prefixes(model.query_prefix.clone(), model.passage_prefix.clone())
    }

    /// How a generator is held.
    pub fn generator_options(&self, model: &Installed) -> GeneratorOptions {
        let mut options = GeneratorOptions::new(self.model_options(model));
        options.chat = Some(model.chat);
        options.assistant_prefix.clone_from(&model.assistant_prefix);
        self.0.config.local.apply_to_generator(&mut options);
        options
    }

    pub(super) fn model_options(&self, model: &Installed) -> ModelOptions {
        let mut options = ModelOptions::new(model.identity(), &model.path);
        options.threads = NonZeroUsize::new(usize::from(self.0.config.threads));
        self.0.config.local.apply_to_model(&mut options);
        options
    }

    /// What took part, for a person.
    pub async fn loaded(&self) -> Vec<(&'static str, ModelIdentity)> {
        let mut loaded = Vec::new();
        if let Ok(Some(embedder)) = self.embedder().await {
            loaded.push(("embedder", embedder.identity().clone()));
            let engine = self.engine(true).await;
            let adapter = engine.as_ref().ok().and_then(|engine| engine.query_adapter());
            loaded.extend(adapter.map(|adapter| ("query adapter", adapter.clone())));
            let reranker = engine.as_ref().ok().and_then(|engine| engine.reranker());
            loaded.extend(reranker.map(|reranker| ("reranker", reranker.clone())));
        }
        if let Ok(Some(encoder)) = self.encoder().await {
            loaded.push(("verifier", encoder.identity().clone()));
        }
        if let Ok(Some(judge)) = self.assigned(Job::Judge) {
            loaded.push(("judge", judge.identity()));
        }
        if let Ok(Some(generator)) = self.assigned(Job::Generator) {
            loaded.push(("generator", generator.identity()));
        }
        loaded
    }
}

/// Opens a model off the async threads: it reads and maps hundreds of megabytes.
async fn blocking<T: Send + 'static>(
    open: impl FnOnce() -> Result<T, ModelError> + Send + 'static,
) -> Result<T, ModelError> {
    tokio::task::spawn_blocking(open)
        .await
        .map_err(|problem| ModelError::Failed { model: "?".to_owned(), problem: problem.to_string() })?
}
