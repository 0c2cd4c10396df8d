//! `attest serve`

use std::{net::SocketAddr, sync::Arc};

use anyhow::Context;
use clap::Args;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{app::App, http};

#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    /// Where to listen
    #[arg(long, default_value = "127.0.0.1:8321")]
    bind: SocketAddr,
}

/// Serves until interrupted. Questions are answered as soon as the address is printed; vectors that are missing are
/// built meanwhile.
pub async fn run(args: &ServeArgs, app: &App, cancel: &CancellationToken) -> anyhow::Result<()> {
    let listener = TcpListener::bind(args.bind)
        .await
        .with_context(|| format!("cannot listen on {}; choose another address with --bind", args.bind))?;
    let address = listener.local_addr()?;
    app.warm_up().await?;
    app.spawn_background(cancel).await?;
    println!("Attest listens on http://{address}");
    let collections = app.store().collections().await?;
    if collections.is_empty() {
        println!("The knowledge base is empty: attest ingest --collection NAME PATH fills it.");
    } else {
        println!("  试试： 借钱没有约定还款时间怎么办？");
        println!(
            "  Try:  Within how many days must a data breach be notified to the supervisory authority under the GDPR?"
        );
    }
    if app.embedder().await?.is_none() {
        println!("No embedder is installed, so search is by words only; attest models pull auto fetches one.");
    }
    let options = http::Options::new(app.config().uploads_dir());
    http::serve(listener, Arc::new(app.clone()), options, cancel.clone().cancelled_owned()).await?;
    Ok(())
}
