//! Consignments that must be consistent.

use bulla_tests::kit::{History, View, accept};

#[test]
fn a_linear_history_is_consistent() {
    let mut history = History::fixed(1_000);
    let mut at = history.seed(0);
    for _ in 0..5 {
        let frame = history.transfer(&[at], &[1_000]);
        at = history.leaf(frame, 0);
    }
    for view in [View::Leaves, View::Narrow, View::Everything] {
        let content = accept(&history.consignment(view).encode());
        assert_eq!(content.operations, 5);
        assert_eq!(content.terminals.len(), 1);
    }
}
