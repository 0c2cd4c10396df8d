use crate::verify::rules::quantity::cases;
#[test]
fn fires_where_it_must_and_nowhere_else() {
    cases::run(&["R9", "R10", "R11", "R13"]);
}
