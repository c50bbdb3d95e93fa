//! Blocks of the main chain that this software knows.
//!
//! Up to 295,000 the checkpoints of Bitcoin Core's `chainparams.cpp`; 481,824 and 709,632 are the
//! first blocks under `SegWit` and Taproot, and begin a period, so that a chain can begin there;
//! 840,000 is the height of Core's first `assumeutxo` snapshot, 886,157 its `defaultAssumeValid`
//! of version 29.
#![expect(
    clippy::unreadable_literal,
    reason = "hashes stand as explorers print them"
)]

use bitcoin::BlockHash;
use bitcoin::hashes::Hash;

/// Height, and both halves of the hash as it is displayed.
const MAINNET: [(u32, u128, u128); 15] = [
    (
        11_111,
        0x0000000069e244f73d78e8fd29ba2fd2,
        0xed618bd6fa2ee92559f542fdb26e7c1d,
    ),
    (
        33_333,
        0x000000002dd5588a74784eaa7ab0507a,
        0x18ad16a236e7b1ce69f00d7ddfb5d0a6,
    ),
    (
        74_000,
        0x0000000000573993a3c9e41ce34471c0,
        0x79dcf5f52a0e824a81e7f953b8661a20,
    ),
    (
        105_000,
        0x00000000000291ce28027faea320c8d2,
        0xb054b2e0fe44a773f3eefb151d6bdc97,
    ),
    (
        134_444,
        0x00000000000005b12ffd4cd315cd34ff,
        0xd4a594f430ac814c91184a0d42d2b0fe,
    ),
    (
        168_000,
        0x000000000000099e61ea72015e79632f,
        0x216fe6cb33d7899acb35b75c8303b763,
    ),
    (
        193_000,
        0x000000000000059f452a5f7340de6682,
        0xa977387c17010ff6e6c3bd83ca8b1317,
    ),
    (
        210_000,
        0x000000000000048b95347e83192f69cf,
        0x0366076336c639f9b7228e9ba171342e,
    ),
    (
        250_000,
        0x000000000000003887df1f29024b06fc,
        0x2200b55f8af8f35453d7be294df2d214,
    ),
    (
        279_000,
        0x0000000000000001ae8c72a0b0c301f6,
        0x7e3afca10e819efa9041e458e9bd7e40,
    ),
    (
        295_000,
        0x00000000000000004d9b4ef50f0f9d68,
        0x6fd69db2e03af35a100370c64632a983,
    ),
    (
        481_824,
        0x0000000000000000001c8018d9cb3b74,
        0x2ef25114f27563e3fc4a1902167f9893,
    ),
    (
        709_632,
        0x0000000000000000000687bca986194d,
        0xc2c1f949318629b44bb54ec0a94d8244,
    ),
    (
        840_000,
        0x0000000000000000000320283a032748,
        0xcef8227873ff4872689bf23f1cda83a5,
    ),
    (
        886_157,
        0x00000000000000000001b658dd1120e8,
        0x2e66d2790811f89ede9742ada3ed6d77,
    ),
];

/// The checkpoints of the main chain above its first block.
pub(super) fn mainnet() -> impl Iterator<Item = (u32, BlockHash)> {
    MAINNET.into_iter().map(|(height, high, low)| {
        let mut bytes = [0; 32];
        let displayed = high.to_be_bytes().into_iter().chain(low.to_be_bytes());
        for (byte, shown) in bytes.iter_mut().rev().zip(displayed) {
            *byte = shown;
        }
        (height, BlockHash::from_byte_array(bytes))
    })
}
