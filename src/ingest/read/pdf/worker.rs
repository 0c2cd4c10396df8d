//! The other side of the process border: reads a PDF from standard input and writes its pages to standard output, under
//! limits that it sets for itself before it touches a byte.

use std::{
    io::{self, BufWriter, Read, Write},
    path::PathBuf,
};

use clap::Args;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::{Message, Page, PageLines, ReadError, Trouble, layout, pdfium, poppler};

/// Reads a PDF from standard input; for this program's own use.
#[derive(Args, Clone, Debug)]
pub struct WorkerArgs {
    #[arg(long)]
    library: PathBuf,
    /// Bytes of main memory
    #[arg(long)]
    memory: u64,
    /// Seconds of processor time
    #[arg(long)]
    seconds: u64,
}

/// Runs the worker; `false` where the output cannot be written.
pub fn run(args: &WorkerArgs) -> bool {
    let mut out = BufWriter::new(io::stdout().lock());
    limit(Resource::As, args.memory);
    limit(Resource::Cpu, args.seconds);
    // Nothing here writes files.
    limit(Resource::Fsize, 0);
    let mut bytes = Vec::new();
    let last = match io::stdin().lock().read_to_end(&mut bytes) {
        Ok(_) => match pages(args, &bytes, &mut out) {
            Ok(()) => Message::Done,
            Err(trouble) => Message::Trouble(trouble),
        },
        Err(error) => Message::Trouble(Trouble::Damaged(format!("it cannot be read ({error})"))),
    };
    send(&mut out, &last).is_ok()
}

fn limit(resource: Resource, most: u64) {
    let before = getrlimit(resource);
    let most = before.maximum.map_or(most, |maximum| maximum.min(most));
    // A limit that cannot be set leaves the one of the parent, and the parent's clock.
    let _ = setrlimit(resource, Rlimit { current: Some(most), maximum: Some(most) });
}

/// The pages that the output of `pdftotext -bbox-layout` tells of.
pub fn told(output: &[u8]) -> Result<Vec<PageLines>, ReadError> {
    let (mut open, mut pages) = (layout::Open::default(), Vec::new());
    let mut take = |page| {
        pages.push(laid_out(&page, &mut open));
        Ok(())
    };
    poppler::words(output, &mut take).map_err(Trouble::into_error)?;
    Ok(pages)
}

fn laid_out(page: &Page, open: &mut layout::Open) -> PageLines {
    PageLines { number: page.number, lines: layout::lines(page, open), pictures: page.pictures }
}

fn pages(args: &WorkerArgs, bytes: &[u8], out: &mut impl Write) -> Result<(), Trouble> {
    let mut open = layout::Open::default();
    let mut take = |page: Page| {
        let page = laid_out(&page, &mut open);
        send(out, &Message::Page(page)).map_err(|error| Trouble::Damaged(format!("nobody listens ({error})")))
    };
    if args.library.is_file() {
        return pdfium::pages(&args.library, bytes, take);
    }
    poppler::pages(bytes, &mut take)
}

fn send(out: &mut impl Write, message: &Message) -> io::Result<()> {
    serde_json::to_writer(&mut *out, message)?;
    out.write_all(b"\n")?;
    out.flush()
}
