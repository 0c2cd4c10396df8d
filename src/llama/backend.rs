//! The process-wide part of llama.cpp, and opening a model for a job.

use std::{
    collections::HashSet,
    ffi::CString,
    fs,
    num::NonZeroUsize,
    pin::pin,
    sync::{Arc, OnceLock},
    thread,
};

use llama_cpp_2::{
    LogOptions,
    llama_backend::LlamaBackend,
    model::{LlamaModel, params::LlamaModelParams},
    send_logs_to_tracing,
};

use super::{gate::Gate, options::ModelOptions, reasons::listen};
use crate::{
    models::{
        Job, fits,
        gguf::{self, Header},
    },
    ports::ModelError,
};

/// llama.cpp is set up once in a process; its logs go to `tracing`, nothing to standard output.
pub struct Backend {
    pub llama: LlamaBackend,
    pub gate: Gate,
}

pub fn backend() -> Result<&'static Backend, ModelError> {
    static BACKEND: OnceLock<Result<Backend, String>> = OnceLock::new();
    let backend = BACKEND.get_or_init(|| {
        send_logs_to_tracing(LogOptions::default());
        let llama = LlamaBackend::init().map_err(|e| e.to_string())?;
        Ok(Backend { llama, gate: Gate::default() })
    });
    backend.as_ref().map_err(|problem| ModelError::Failed { model: "llama.cpp".into(), problem: problem.clone() })
}

/// Cores without their second threads, as far as this process may use them: hyper-threads share the units that
/// matrix products need.
pub fn physical_cores() -> NonZeroUsize {
    let allowed = thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    let cores = fs::read_to_string("/proc/cpuinfo").ok().and_then(|info| NonZeroUsize::new(distinct_cores(&info)));
    cores.map_or(allowed, |cores| cores.min(allowed))
}

fn distinct_cores(cpuinfo: &str) -> usize {
    let field = |block: &str, name: &str| {
        let line = block.lines().find(|l| l.split(':').next().is_some_and(|key| key.trim() == name))?;
        Some(line.split(':').nth(1)?.trim().to_owned())
    };
    let cores: HashSet<_> = cpuinfo
        .split("\n\n")
        .filter_map(|block| Some((field(block, "physical id")?, field(block, "core id")?)))
        .collect();
    cores.len()
}

/// Threads for one llama call where nothing is configured.
pub fn default_threads() -> NonZeroUsize {
    physical_cores()
}

pub fn threads(options: &ModelOptions) -> i32 {
    i32::try_from(options.threads.unwrap_or_else(default_threads).get()).unwrap_or(i32::MAX)
}

/// Reads the header, sees that the file is whole and fit for the job, and loads it.
pub fn open(options: &ModelOptions, job: Job) -> Result<(Arc<LlamaModel>, Header), ModelError> {
    let bad = |problem: String| ModelError::BadFile { path: options.path.display().to_string(), problem };
    let header = gguf::read_header(&options.path).map_err(|e| bad(e.to_string()))?;
    fits(&header, job).map_err(|problem| ModelError::WrongJob {
        model: options.identity.name.clone(),
        job: job.code(),
        problem,
    })?;
    let backend = backend()?;
    let params = LlamaModelParams::default()
        .with_use_mmap(options.mmap)
        .with_use_mlock(options.mlock)
        .with_n_gpu_layers(options.gpu_layers);
    let mut params = pin!(params);
    // llama.cpp keeps the pointers until the model is loaded.
    let patterns: Vec<CString> = options
        .in_main_memory
        .iter()
        .map(|pattern| CString::new(pattern.as_str()).map_err(|e| bad(format!("'{pattern}' is no pattern: {e}"))))
        .collect::<Result<_, _>>()?;
    for pattern in &patterns {
        params.as_mut().add_cpu_buft_override(pattern);
    }
    let (model, heard) = listen(|| LlamaModel::load_from_file(&backend.llama, &options.path, &params));
    let model = model.map_err(|e| {
        let reason = if heard.is_empty() { e.to_string() } else { heard };
        bad(format!(
            "llama.cpp does not load it (architecture '{}', {}): {reason}",
            header.architecture(),
            header.main_type
        ))
    })?;
    Ok((Arc::new(model), header))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn second_threads_are_not_cores() {
        let block = |processor: u8, core: u8| {
            format!("processor\t: {processor}\nphysical id\t: 0\ncore id\t\t: {core}\nflags\t\t: fpu\n")
        };
        let info = [block(0, 0), block(1, 0), block(2, 1), block(3, 1)].join("\n");
        assert_eq!(distinct_cores(&info), 2);
        assert_eq!(distinct_cores("processor : 0\n"), 0);
        assert!(physical_cores().get() >= 1);
    }
}
