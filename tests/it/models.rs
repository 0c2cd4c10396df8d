//! Model files: the starter profile, downloads from a hub that misbehaves.

use std::time::Instant;

use attest::models::{Hub, Job, Models, Silent, gguf};

use crate::support::{starter, starter_model};

#[test]
fn the_starter_profile_is_whole() {
    for model in starter() {
        let header = gguf::read_header(&model.path).expect("a whole GGUF");
        assert_eq!(header.file_bytes, model.bytes);
    }
    let e5 = gguf::read_header(&starter_model("multilingual-e5-small-q4").path).expect("a whole GGUF");
    assert_eq!((e5.architecture(), e5.embedding_length(), e5.main_type), ("bert", Some(384), "Q4_0"));
    assert_eq!(e5.pooling(), Some(gguf::Pooling::Mean));
}

#[tokio::test]
async fn a_second_pull_does_nothing() {
    let root = starter()[0].path.parent().expect("it lies in a folder");
    let models = Models::new(root);
    let start = Instant::now();
    let again = models.pull_starter(&Silent).await.expect("they are there");
    assert_eq!(again, starter());
    // Nobody listens there, and nobody is asked.
    let auto = models.pull("auto", &Hub::at("http://127.0.0.1:9"), &Silent).await.expect("they are there");
    assert!(auto.iter().any(|m| m.name == "multilingual-e5-small-q4"));
    assert!(start.elapsed().as_millis() < 500, "it took {:?}", start.elapsed());
    let embedder = models.assigned(Job::Embedder).expect("the record reads").expect("a job is taken");
    assert!(embedder.is_unchanged());
}
