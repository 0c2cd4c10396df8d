//! `attest models plan`: whether a model fits, and how fast it can be at best.

use std::path::{Path, PathBuf};

use anyhow::Context;

use crate::{
    config::Config,
    domain::answer::ModelIdentity,
    llama::{GeneratorOptions, ModelOptions},
    models::{
        Models, Plan, Setup,
        gguf::{self, Header},
        memory_speed,
        template::{self, TemplateFound},
        usable_memory,
    },
};

pub fn print(models: &Models, what: &str, config: &Config) -> anyhow::Result<()> {
    let path = find(models, what)?;
    let header = gguf::read_header(&path).with_context(|| path.display().to_string())?;
    let threads = usize::from(config.threads);
    let identity = ModelIdentity { name: what.to_owned(), sha256: String::new() };
    let mut options = GeneratorOptions::new(ModelOptions::new(identity, &path));
    config.local.apply_to_generator(&mut options);
    let trained = header.context_length().unwrap_or(u64::MAX);
    let setup = options.setup(&header);
    let plan = Plan::of(&header, &setup);
    for line in what_it_is(&header, &plan) {
        println!("{line}");
    }
    println!(
        "context   {} tokens for each of {} texts at once ({} at most), {} for all, keys and values as {}",
        u64::from(options.context).min(trained),
        options.streams,
        header_number(trained),
        plan.context,
        options.kv.element().name
    );
    println!("weights   {}", megabytes(plan.weights));
    println!("kv        {}", megabytes(plan.kv));
    let windowed = Plan::of(&header, &Setup { whole_window: false, ..setup });
    if windowed.kv < plan.kv {
        println!(
            "          held whole, so that sentences can be taken back; its sliding windows alone are {}",
            megabytes(windowed.kv)
        );
    }
    if plan.state > 0 {
        println!("state     {} a sequence; a step back in an answer reads the prompt again", megabytes(plan.state));
    }
    println!("compute   {} about", megabytes(plan.compute));
    fit(&plan);
    let speed = memory_speed(threads);
    println!(
        "speed     at most {:.1} tokens/s with {threads} threads: {} a token, {:.1} GB/s from memory (measured)",
        plan.tokens_per_second(speed),
        megabytes(plan.read_per_token),
        speed / 1e9
    );
    Ok(())
}

/// What the file says of its kind: two or three lines, for `plan` and `doctor`.
pub fn what_it_is(header: &Header, plan: &Plan) -> Vec<String> {
    let billions = |n: u64| format!("{:.2} B", n as f64 / 1e9);
    let mut lines = vec![format!(
        "model     {} ('{}', {}), {} parameters",
        header.name().unwrap_or("without a name"),
        header.architecture(),
        header.main_type,
        billions(plan.parameters)
    )];
    if header.expert_count() > 0 {
        lines.push(format!(
            "experts   {} of {} for each token: {} parameters active, {:.0} % of the weights are experts",
            header.expert_used_count(),
            header.expert_count(),
            billions(plan.active_parameters),
            100.0 * plan.expert_weights as f64 / plan.weights.max(1) as f64
        ));
    }
    if !header.is_encoder() {
        lines.push(match template::found(header) {
            TemplateFound::Understood => "template  its own".to_owned(),
            TemplateFound::None => "template  none; it is a base model unless the catalog knows better".to_owned(),
            TemplateFound::NotUnderstood(reason) => {
                format!("! template: its own is not understood ({reason}); llama.cpp's likeness or ChatML stands in")
            }
        });
    }
    lines
}

fn fit(plan: &Plan) {
    let total = megabytes(plan.total());
    match usable_memory() {
        Some(memory) if plan.total() <= memory => println!("fits      {total} of {}", megabytes(memory)),
        Some(memory) => println!(
            "! does not fit: {total} of {}; take a smaller --context, --kv q8_0, or a smaller quantisation",
            megabytes(memory)
        ),
        None => println!("total     {total}; how much memory there is, the system does not say"),
    }
}

fn find(models: &Models, what: &str) -> anyhow::Result<PathBuf> {
    let path = Path::new(what);
    if path.is_file() {
        return Ok(path.to_owned());
    }
    let known = models.installed()?.into_iter().find(|model| model.name == what);
    let known = known.with_context(|| format!("'{what}' is neither a file nor a model that is here"))?;
    Ok(known.path)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

fn header_number(number: u64) -> String {
    if number == u64::MAX { "unknown".to_owned() } else { number.to_string() }
}
