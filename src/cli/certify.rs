//! `attest certify`

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use super::progress;
use crate::{
    app::App,
    domain::{
        certificate::{Certificate, Certified, Group, Uncertified},
        claim::Claim,
        document::CollectionName,
        evidence::{EvidenceSet, Query, Switches},
    },
    eval::{
        sample,
        verify::{self, Row},
    },
    models,
    ports::{Retriever, Verifier},
    verify::{
        Cascade,
        certify::{self, Aim, Labelled},
        decide::NEVER,
        rules::ledger,
    },
};

/// Threshold to begin with where no measured one is in force.
const STRICT: f32 = 0.95;

#[derive(Args, Clone, Debug)]
pub struct CertifyArgs {
    /// Labelled claims: CSV with a header (claim, label, evidence; optional id, lang, domain), or JSON lines as for 'eval verify'
    #[arg(long, value_name = "FILE")]
    labels: PathBuf,
    /// Rate of wrong ones among the claims shown as supported that must not be exceeded
    #[arg(long, default_value_t = 0.02, value_parser = share)]
    alpha: f64,
    /// Chance that the draw of the sample misleads
    #[arg(long, default_value_t = 0.05, value_parser = share)]
    delta: f64,
    /// Strictest threshold, chosen before the sample was seen [default: the one in force]
    #[arg(long, value_parser = threshold)]
    start: Option<f32>,
    /// Evidence for rows without any: what these collections hold (repeat for more)
    #[arg(long, short, value_parser = super::collection)]
    collection: Vec<CollectionName>,
    /// The certificate as JSON
    #[arg(long)]
    json: bool,
}

fn share(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("'{text}' is not a number"))?;
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err(format!("{text} is not between 0 and 1, as 0.02 is")) }
}

fn threshold(text: &str) -> Result<f32, String> {
    let value: f32 = text.parse().map_err(|_| format!("'{text}' is not a number"))?;
    if (0.5..=1.0).contains(&value) { Ok(value) } else { Err(format!("{text} is not between 0.5 and 1")) }
}

pub async fn run(args: &CertifyArgs, app: &App) -> anyhow::Result<()> {
    let bytes = std::fs::read(&args.labels).with_context(|| format!("{} cannot be read", args.labels.display()))?;
    let rows = sample::read(&args.labels, &bytes)?;
    let cascade = app.cascade().await?;
    let start = args.start.unwrap_or_else(|| in_force(&cascade.thresholds()));
    let labelled = judged(app, &cascade, &rows, &args.collection).await?;
    let aim = Aim { alpha: args.alpha, delta: args.delta, start };
    let results = certify::certify(&labelled, &aim);
    let groups: Vec<Certified> = results.values().filter_map(|r| r.ok()).collect();
    if groups.is_empty() {
        let why: Vec<String> = results.iter().filter_map(|(group, r)| Some(refusal(*group, &r.err()?, &aim))).collect();
        bail!("nothing can be certified:\n  {}", why.join("\n  "));
    }
    let certificate = Certificate {
        created_at: app.clock().now(),
        alpha: args.alpha,
        delta: args.delta,
        sample_sha256: models::sha256(&bytes),
        sample_rows: rows.len() as u64,
        start,
        rules_version: ledger::version(),
        model: cascade.model().cloned(),
        judge: cascade.judge().cloned(),
        program: env!("CARGO_PKG_VERSION").to_owned(),
        groups,
    };
    app.put_certificate(&certificate)?;
    if args.json {
        println!("{}", crate::wire::to_json(&crate::wire::CertificateJson::from(&certificate), true));
    } else {
        print(&certificate, &aim);
    }
    for (group, result) in &results {
        if let Err(why) = result {
            eprintln!("not certified: {}", refusal(*group, why, &aim));
        }
    }
    eprintln!("written to {}", app.config().certificate().display());
    Ok(())
}

/// Every row with its score, held against its own evidence, or else against what the collections hold.
pub(super) async fn judged(
    app: &App,
    cascade: &Cascade,
    rows: &[Row],
    collections: &[CollectionName],
) -> anyhow::Result<Vec<Labelled>> {
    let bar = progress::bar(rows.len() as u64, "claims");
    let mut labelled = Vec::with_capacity(rows.len());
    for row in rows {
        let (claim, mut evidence) = verify::case(row)?;
        if row.evidence.is_empty() {
            evidence = search(app, &claim, collections).await.with_context(|| format!("the row '{}'", row.id))?;
        }
        let judged = cascade.verify(std::slice::from_ref(&claim), &evidence).await?;
        let domain = evidence.items().first().map_or_else(Default::default, |e| e.meta.domain);
        labelled.push(Labelled {
            group: certify::group(&claim, domain),
            score: judged.first().and_then(certify::score),
            supported: row.label == "supported",
        });
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(labelled)
}

/// The strictest threshold for support that is in force in any language.
fn in_force(thresholds: &[(&'static str, f32)]) -> f32 {
    let measured = thresholds.iter().filter(|(name, tau)| name.starts_with("supported") && *tau < NEVER);
    let strictest = measured.map(|(_, tau)| *tau).fold(0.0, f32::max);
    if strictest > 0.0 { strictest } else { STRICT }
}

async fn search(app: &App, claim: &Claim, collections: &[CollectionName]) -> anyhow::Result<EvidenceSet> {
    if collections.is_empty() {
        bail!("it has no evidence; fill the column 'evidence', or name the --collection that claims are held against");
    }
    let query = Query {
        text: claim.text.clone(),
        collections: collections.to_vec(),
        as_of: app.clock().today(),
        statuses: None,
        lang: None,
        limit: 8,
        switches: Switches::default(),
    };
    Ok(app.engine(true).await?.retrieve(&query).await?)
}

fn percent(share: f64) -> String {
    format!("{:.2} %", share * 100.0)
}

fn refusal(group: Group, why: &Uncertified, aim: &Aim) -> String {
    match *why {
        Uncertified::TooFew { accepted, needed, labels } => {
            let more = labels.map_or_else(
                || format!("none of its claims reaches the threshold {:.2}", aim.start),
                |labels| format!("label about {labels} more claims of this kind"),
            );
            format!(
                "{group}: {accepted} accepted claims; at least {needed} are needed, without a wrong one, for {} at {} confidence; {more}",
                percent(aim.alpha),
                percent(1.0 - aim.delta)
            )
        }
        Uncertified::NotProven { accepted, errors, bound } => format!(
            "{group}: {errors} of {accepted} accepted claims are wrong, which bounds the rate at {}, not {}; find out why before \
             a fresh sample is drawn with a stricter --start than {:.2}",
            percent(bound),
            percent(aim.alpha),
            aim.start
        ),
    }
}

fn print(certificate: &Certificate, aim: &Aim) {
    for group in &certificate.groups {
        println!(
            "{}: {} of {} accepted claims wrong; with {} confidence at most {} (asked for {}), accepted from {:.2} on; {} of {} \
             supported claims are not accepted",
            group.group,
            group.errors,
            group.accepted,
            percent(1.0 - aim.delta),
            percent(group.bound),
            percent(aim.alpha),
            group.tau,
            group.refused,
            group.supported
        );
    }
    println!(
        "This holds for claims, documents and generators like those sampled, each group by itself. It says nothing about \
         whether a source is correct or complete. Other rules or another model void it."
    );
}
