//! What people type or download: schemas in TOML, ids, header files.
#![no_main]

use bitcoin::Network;
use bulla_core::headers::{ChainParams, HeaderChain};
use bulla_core::schema::Schema;
use bulla_core::{ContractId, OperationId, SchemaId, SecretSeal};
use bulla_fuzz::bounded;
use libfuzzer_sys::fuzz_target;

/// Later than every header of the corpus, in seconds since 1970.
const NOW: u64 = 2_000_000_000;

fn id<T: std::str::FromStr + ToString>(text: &str) {
    if let Ok(id) = text.parse::<T>() {
        assert_eq!(
            id.to_string(),
            text.to_ascii_lowercase(),
            "a second text of an id"
        );
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(schema) = Schema::from_toml(text) {
            assert_eq!(
                schema.check(),
                Ok(()),
                "a schema that its own checks refuse"
            );
            assert_eq!(Schema::decode(&schema.encode()), Ok(schema));
        }
        id::<ContractId>(text);
        id::<OperationId>(text);
        id::<SchemaId>(text);
        id::<SecretSeal>(text);
    }
    for network in [Network::Regtest, Network::Bitcoin, Network::Testnet4] {
        let params = ChainParams::of_network(network);
        if let Ok(chain) = bounded(bytes, || HeaderChain::decode(params, bytes, NOW)) {
            assert_eq!(chain.encode(), bytes, "a second encoding of a header file");
        }
    }
});
