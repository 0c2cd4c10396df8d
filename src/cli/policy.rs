//! `attest policy`

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::{Args, Subcommand};

use super::certify;
use crate::{
    app::App,
    domain::document::CollectionName,
    eval::sample,
    verify::plan::{self, Costs, Cut, Load, Plan},
};

#[derive(Args, Clone, Debug)]
pub struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Subcommand, Clone, Debug)]
enum PolicyCommand {
    /// From which score on claims should be shown, reviewed or withheld, at what these cost you
    Plan(PlanArgs),
}

#[derive(Args, Clone, Debug)]
struct PlanArgs {
    /// Labelled claims, as 'attest certify' takes them
    #[arg(long, value_name = "FILE")]
    labels: PathBuf,
    /// What a wrong claim that is shown as supported costs, in any currency
    #[arg(long, value_name = "COST", value_parser = cost)]
    wrong: f64,
    /// What a right claim that is withheld costs
    #[arg(long, value_name = "COST", value_parser = cost)]
    withheld: f64,
    /// What a minute of an expert's review costs
    #[arg(long, value_name = "COST", value_parser = cost)]
    minute: f64,
    /// Minutes that the review of one claim takes
    #[arg(long, default_value_t = 2.0, value_parser = cost)]
    minutes: f64,
    /// Evidence for rows without any: what these collections hold (repeat for more)
    #[arg(long, short, value_parser = super::collection)]
    collection: Vec<CollectionName>,
    /// Where the curve goes as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Where the curve goes as SVG
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

fn cost(text: &str) -> Result<f64, String> {
    let value: f64 = text.parse().map_err(|_| format!("'{text}' is not a number"))?;
    if value.is_finite() && value > 0.0 { Ok(value) } else { Err(format!("{text} is not above 0")) }
}

pub async fn run(args: &PolicyArgs, app: &App) -> anyhow::Result<()> {
    let PolicyCommand::Plan(args) = &args.command;
    let bytes = std::fs::read(&args.labels).with_context(|| format!("{} cannot be read", args.labels.display()))?;
    let rows = sample::read(&args.labels, &bytes)?;
    let costs = Costs { wrong_shown: args.wrong, right_withheld: args.withheld, review: args.minute * args.minutes };
    if (rows.len() as u64) < costs.needed() {
        // Said before anything is judged, which takes a while.
        bail!(plan::TooFew { have: rows.len() as u64, needed: costs.needed() });
    }
    let cascade = app.cascade().await?;
    let labelled = certify::judged(app, &cascade, &rows, &args.collection).await?;
    let plan = plan::plan(&labelled, &costs)?;
    let point = |name, cut| {
        let load = Load::of(&labelled, cut);
        (name, load, load.cost(&costs))
    };
    let baselines = [
        point("show all", Cut::SHOW_ALL),
        point("withhold all", Cut::WITHHOLD_ALL),
        point("review all", Cut::REVIEW_ALL),
    ];
    print(&plan, &baselines, args.minutes);
    let write = |path: &PathBuf, text: String| {
        std::fs::write(path, text).with_context(|| format!("{} cannot be written", path.display()))
    };
    if let Some(path) = &args.csv {
        write(path, plan::csv(&plan))?;
    }
    if let Some(path) = &args.svg {
        write(path, plan::svg(&plan, &[(baselines[0].0, baselines[0].2), (baselines[1].0, baselines[1].2)]))?;
    }
    Ok(())
}

fn print(plan: &Plan, baselines: &[(&str, Load, f64)], minutes: f64) {
    let hundred = |value: f64| value * 100.0 / plan.rows.max(1) as f64;
    println!(
        "{:<14}{:>10}{:>14}{:>12}{:>12}{:>16}{:>16}",
        "of 100 claims", "shown", "wrong shown", "reviewed", "withheld", "right withheld", "cost"
    );
    let row = |name: &str, load: &Load, cost: f64| {
        println!(
            "{name:<14}{:>10.1}{:>14.2}{:>12.1}{:>12.1}{:>16.1}{:>16.2}",
            hundred(load.shown as f64),
            hundred(load.wrong_shown as f64),
            hundred(load.reviewed as f64),
            hundred(load.withheld as f64),
            hundred(load.right_withheld as f64),
            hundred(cost)
        );
    };
    for (name, load, cost) in baselines {
        row(name, load, *cost);
    }
    row("least cost", &plan.best.load, plan.best.cost);
    let cut = plan.best.cut;
    println!(
        "\nshow from {}, review from {}; {:.1} minutes of review for 100 claims.",
        plan::name(cut.show),
        plan::name(cut.review),
        hundred(plan.best.load.reviewed as f64) * minutes
    );
    println!(
        "On claims that it was not planned on, such a plan costs {:.2} for 100. It holds for claims like those of the \
         sample ({}); it proves nothing, as 'attest certify' does.",
        hundred(plan.fresh_cost),
        plan.rows
    );
}
