#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| attest_fuzz::readers::read(attest_fuzz::ingest::read::Format::Html, data));
