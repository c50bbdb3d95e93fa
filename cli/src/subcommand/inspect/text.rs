//! Objects of a consignment for people.

use super::show::{
    FrameOutput, InputOutput, LeafOutput, NamedValue, Output, OutputsOutput, TerminalOutput,
    TransitionOutput,
};
use bulla_wallet::claims;

use crate::claim;
use crate::output::Human;
use crate::table::fields;

impl Human for Output {
    fn human(&self) -> String {
        let header = &self.header;
        let called = header
            .schema_name
            .as_deref()
            .unwrap_or("not a standard one");
        let mut rows = vec![
            ("bytes", self.bytes.to_string()),
            ("contract", header.contract.to_string()),
            ("schema", format!("{} ({called})", header.schema)),
            ("network", header.network.to_string()),
            ("issued", header.issued.clone()),
        ];
        rows.extend(header.globals.iter().map(|global| ("global", line(global))));
        rows.extend(
            header
                .outputs
                .iter()
                .flat_map(lines)
                .map(|text| ("genesis", text)),
        );
        rows.extend(header.unbacked.iter().map(|some| ("unbacked", some.line())));
        for frame in &self.frames {
            rows.extend(frame.lines());
        }
        rows.push((
            "note",
            "nothing of this was checked; `bulla validate` does".to_owned(),
        ));
        fields(rows)
    }
}

impl FrameOutput {
    fn lines(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Witness {
                txid,
                method,
                transitions,
                ..
            } => {
                let mut rows = vec![("witness", format!("{txid} ({method})"))];
                rows.extend(transitions.iter().flat_map(TransitionOutput::lines));
                rows
            }
            Self::BlockProof { height, position } => {
                vec![(
                    "block",
                    format!("height {height}, position {position}, as the sender claims"),
                )]
            }
            Self::Base { leaves } => leaves.iter().map(|leaf| ("base", place(leaf))).collect(),
            Self::Terminals { terminals } => terminals
                .iter()
                .map(|terminal| match terminal {
                    TerminalOutput::Leaf(leaf) => ("terminal", place(leaf)),
                    TerminalOutput::Evidence { evidence } => {
                        ("terminal", format!("evidence {evidence}"))
                    }
                })
                .collect(),
        }
    }
}

impl TransitionOutput {
    fn lines(&self) -> Vec<(&'static str, String)> {
        let name = self.name.as_deref().map(claim::shown);
        let name = name.unwrap_or_else(|| self.transition.to_string());
        let mut rows = vec![("transition", format!("{name} {}", self.operation))];
        rows.extend(self.inputs.iter().map(|input| ("  input", place(input))));
        let values = self.globals.iter().chain(&self.metadata);
        rows.extend(values.map(|value| ("  value", line(value))));
        rows.extend(
            self.outputs
                .iter()
                .flat_map(lines)
                .map(|text| ("  output", text)),
        );
        rows
    }
}

fn place(input: &InputOutput) -> String {
    format!(
        "{} type {} leaf {}",
        input.operation, input.owned_type, input.index
    )
}

fn line(value: &NamedValue) -> String {
    let name = value.name.as_deref().map(claim::shown);
    let name = name.unwrap_or_else(|| value.number.to_string());
    let value = match name.as_str() {
        "ticker" => claims::shown_ticker(&value.value),
        "name" => claims::shown_name(&value.value),
        _ => claim::shown(&value.value),
    };
    format!("{name} = {value}")
}

fn lines(outputs: &OutputsOutput) -> Vec<String> {
    let name = outputs.name.as_deref().map(claim::shown);
    let name = name.unwrap_or_else(|| outputs.owned_type.to_string());
    let sum = format!(
        "{name}: {} leaves, {} in all",
        outputs.count, outputs.aggregate
    );
    let leaf = |leaf: &LeafOutput| {
        let secret = leaf.secret_seal.to_string();
        let seal = leaf.seal.as_ref().unwrap_or(&secret);
        format!("{name} {}: {} on {seal}", leaf.index, leaf.state)
    };
    std::iter::once(sum)
        .chain(outputs.leaves.iter().map(leaf))
        .collect()
}
