//! Scans, through whatever program recognises text on this machine.

use std::{
    io::{Read, Write},
    process::{Command, Stdio},
    thread,
};

use super::{PageLines, Paged, PdfOptions, ReadError, assemble, layout::Line};

/// More text than this from one file is a mistake.
const MOST_BYTES: u64 = 256 << 20;

/// Has `command` recognise the text. Its first word is the program, the rest are its arguments.
pub fn recognise(command: &str, bytes: &[u8], _: &PdfOptions) -> Result<Paged, ReadError> {
    let failed = |problem: String| ReadError::Io(format!("the command for scans, '{command}', {problem}"));
    let mut words = command.split_whitespace();
    let Some(program) = words.next() else { return Err(failed("is empty".to_owned())) };
    let mut child = Command::new(program)
        .args(words)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|error| failed(format!("does not start ({error})")))?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed("has no pipes".to_owned()));
    };
    let mut text = Vec::new();
    let read = thread::scope(|scope| {
        scope.spawn(move || drop(input.write_all(bytes)));
        output.take(MOST_BYTES).read_to_end(&mut text)
    });
    let status = child.wait().map_err(|error| failed(format!("cannot be waited for ({error})")))?;
    read.map_err(|error| failed(format!("broke off ({error})")))?;
    if !status.success() {
        return Err(failed(format!("failed ({status})")));
    }
    let text = String::from_utf8(text).map_err(|_| failed("wrote something other than UTF-8".to_owned()))?;
    let pages = text.split('\u{c}').zip(1..).map(|(page, number)| {
        let lines = page.lines().map(|line| Line { text: line.trim().to_owned(), ..Line::default() });
        PageLines { number, lines: lines.filter(|line| !line.text.is_empty()).collect(), pictures: false }
    });
    let paged = assemble::assemble(pages.collect());
    if paged.text.trim().is_empty() { Err(ReadError::Empty) } else { Ok(paged) }
}
