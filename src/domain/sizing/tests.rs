use super::*;

use DeploymentType::{Persistent1, Persistent2, Scratch1, Scratch2};
use StorageType::{Hdd, IntelligentTiering, Ssd};

fn shape(deployment_type: DeploymentType, storage_type: StorageType, throughput: u32, efa: bool) -> Shape {
    let throughput = Some(throughput).filter(|it| *it > 0);
    Shape { deployment_type, storage_type, throughput, efa }
}

/// Every line of the table with its legal sizes up to 80000 GiB, counted by hand from the guide's words.
fn lines() -> Vec<(Shape, Vec<u64>)> {
    let multiples = |step: u64| (1..).map(move |it| it * step).take_while(|it| *it <= 80_000);
    let with = |first: &[u64], step: u64| first.iter().copied().chain(multiples(step)).collect::<Vec<u64>>();
    let mut lines = vec![
        (shape(Scratch1, Ssd, 0, false), with(&[1200, 2400], 3600)),
        (shape(Scratch2, Ssd, 0, false), with(&[1200], 2400)),
        (shape(Persistent1, Hdd, 12, false), with(&[], 6000)),
        (shape(Persistent1, Hdd, 40, false), with(&[], 1800)),
        (shape(Persistent2, Ssd, 125, true), with(&[], 38_400)),
        (shape(Persistent2, Ssd, 250, true), with(&[], 19_200)),
        (shape(Persistent2, Ssd, 500, true), with(&[], 9600)),
        (shape(Persistent2, Ssd, 1000, true), with(&[], 4800)),
    ];
    lines.extend([50, 100, 200].map(|it| (shape(Persistent1, Ssd, it, false), with(&[1200], 2400))));
    lines.extend([125, 250, 500, 1000].map(|it| (shape(Persistent2, Ssd, it, false), with(&[1200], 2400))));
    lines
}

#[test]
fn exactly_the_sizes_of_the_table_are_legal() {
    for (shape, legal) in lines() {
        for gib in legal.iter().flat_map(|it| [it - 1, *it, it + 1]).chain([0, 1, 600, 3000, 4800]) {
            assert_eq!(legal_capacity(shape, gib), legal.contains(&gib), "{shape:?} {gib}");
        }
    }
}

#[test]
fn rounding_finds_the_neighbours_in_the_table() {
    for (shape, mut legal) in lines() {
        legal.sort_unstable();
        let most = *legal.last().unwrap();
        for gib in (0..most).step_by(97).chain([599, 600, 1200, 1201, 1799, 1800, 1801, 3000, 3600]) {
            let up = *legal.iter().find(|it| **it >= gib).unwrap();
            let down = legal.iter().rfind(|it| **it <= gib).copied();
            let nearer = down.filter(|it| gib - it < up - gib).unwrap_or(up);
            assert_eq!(round_up(shape, gib), Some(up), "{shape:?} {gib}");
            assert_eq!(nearest(shape, gib), Some(nearer), "{shape:?} {gib}");
        }
    }
}

#[test]
fn the_ends_of_the_numbers_do_no_harm() {
    let scratch = shape(Scratch2, Ssd, 0, false);
    assert_eq!(round_up(scratch, u64::MAX), None);
    assert_eq!(nearest(scratch, u64::MAX), Some(u64::MAX / 2400 * 2400));
    assert_eq!(growth_target(scratch, u64::MAX, 0), None);
    assert_eq!(driver_rounds_to(Some(Scratch2), None, None, Some(u64::MAX)), u64::MAX);
}

#[test]
fn without_a_line_there_is_no_size_to_offer() {
    let tiered = shape(Persistent2, IntelligentTiering, 0, false);
    assert!(legal_capacity(tiered, 0) && legal_capacity(tiered, 1234));
    for shape in [
        tiered,
        shape(Persistent2, Hdd, 12, false),
        shape(Persistent1, Hdd, 0, false),
        shape(Persistent1, Hdd, 50, false),
        shape(Persistent2, Ssd, 300, true),
        shape(Persistent1, Ssd, 50, true),
    ] {
        assert_eq!((round_up(shape, 1200), nearest(shape, 1200), describe_steps(shape)), (None, None, None));
        assert_eq!(legal_capacity(shape, 6000), shape == tiered, "{shape:?}");
    }
    assert_eq!(
        nearest(shape(Persistent2, Ssd, 200, false), 1500),
        Some(1200),
        "one line for every throughput"
    );
}

#[test]
fn the_steps_read_well() {
    let words = |shape| describe_steps(shape).unwrap();
    assert_eq!(words(shape(Scratch1, Ssd, 0, false)), "1200Gi, 2400Gi or a multiple of 3600Gi");
    assert_eq!(words(shape(Persistent2, Ssd, 250, false)), "1200Gi or a multiple of 2400Gi");
    assert_eq!(words(shape(Persistent1, Hdd, 12, false)), "a multiple of 6000Gi");
}

#[test]
fn the_driver_rounds_as_its_source_says() {
    let table = [
        (Some(Persistent1), Some(Hdd), Some(12), 1, 6000),
        (Some(Persistent1), Some(Hdd), Some(12), 6000, 6000),
        (Some(Persistent1), Some(Hdd), Some(12), 6001, 12_000),
        (Some(Persistent1), Some(Hdd), Some(40), 1200, 1800),
        (Some(Persistent1), Some(Hdd), None, 1801, 3600),
        (None, Some(Hdd), Some(12), 1200, 6000),
        (Some(Scratch1), None, None, 1, 1200),
        (Some(Scratch1), Some(Ssd), None, 1201, 2400),
        (Some(Scratch1), None, None, 2401, 3600),
        (Some(Scratch1), None, None, 3599, 3600),
        (Some(Scratch1), None, None, 3600, 3600),
        (Some(Scratch1), None, None, 3601, 7200),
        (None, None, None, 2401, 3600),
        (None, None, None, 3601, 7200),
        (Some(Scratch2), None, None, 1, 1200),
        (Some(Scratch2), None, None, 1200, 1200),
        (Some(Scratch2), None, None, 1201, 2400),
        (Some(Scratch2), None, None, 2400, 2400),
        (Some(Scratch2), None, None, 2401, 4800),
        (Some(Persistent1), Some(Ssd), Some(50), 1400, 2400),
        (Some(Persistent2), None, Some(250), 2399, 2400),
        (Some(Persistent2), None, Some(250), 4801, 7200),
        (Some(Persistent2), Some(IntelligentTiering), None, 2401, 4800),
        (Some(Persistent2), None, None, 0, 0),
        (Some(Scratch1), None, None, 0, 0),
    ];
    for (deployment, storage, throughput, asked, sent) in table {
        let rounded = driver_rounds_to(deployment, storage, throughput, Some(asked));
        assert_eq!(rounded, sent, "{deployment:?} {storage:?} {throughput:?} {asked}");
    }
    assert_eq!(driver_rounds_to(Some(Persistent1), Some(Hdd), Some(12), None), 1200);
}

#[test]
fn the_driver_never_changes_a_size_that_is_legal() {
    for (shape, legal) in lines() {
        let Shape { deployment_type, storage_type, throughput, .. } = shape;
        for gib in legal {
            let sent = driver_rounds_to(Some(deployment_type), Some(storage_type), throughput, Some(gib));
            assert_eq!(sent, gib, "{shape:?}");
        }
    }
}

#[test]
fn growth_goes_up_to_a_multiple() {
    let ssd = shape(Persistent2, Ssd, 250, false);
    let table = [
        (ssd, 1200, 2400, None),
        (ssd, 2400, 2400, None),
        (ssd, 1200, 1200, None),
        (ssd, 1200, 1800, Some("2400Gi")),
        (ssd, 2400, 1200, Some("4800Gi")),
        (ssd, 2400, 5000, Some("7200Gi")),
        (shape(Persistent1, Hdd, 12, false), 6000, 12_000, None),
        (shape(Persistent1, Hdd, 12, false), 6000, 9000, Some("12000Gi")),
        (shape(Persistent1, Hdd, 40, false), 1800, 2400, Some("3600Gi")),
        (shape(Persistent2, Ssd, 125, true), 38_400, 40_800, Some("76800Gi")),
        (shape(Persistent2, Ssd, 1000, true), 4800, 9600, None),
        (shape(Scratch2, Ssd, 0, false), 1200, 3600, Some("4800Gi")),
    ];
    for (shape, current, wanted, nearest) in table {
        let illegal = check_growth(shape, current, wanted);
        assert_eq!(illegal.and_then(|it| it.nearest).as_deref(), nearest, "{shape:?} {current} {wanted}");
    }
    for stuck in [shape(Scratch1, Ssd, 0, false), shape(Persistent2, IntelligentTiering, 0, false)] {
        assert_eq!(growth_target(stuck, 1200, 3600), None);
        assert!(check_growth(stuck, 1200, 3600).is_some_and(|it| it.nearest.is_none()));
    }
}

#[test]
fn each_server_takes_an_address() {
    let wish = |deployment, storage, throughput, capacity_gib| FileSystemWish {
        throughput: Some(throughput).filter(|it| *it > 0),
        capacity_gib,
        ..FileSystemWish::defaults(deployment, storage, false)
    };
    let metadata =
        |metadata| FileSystemWish { metadata: Some(metadata), ..wish(Persistent2, Ssd, 250, 50_400) };
    let tiering = Some(crate::domain::lustre::Tiering {
        throughput_mbps: 12_000,
        cache: crate::domain::lustre::ReadCache::None,
    });
    let table = [
        (wish(Scratch2, Ssd, 0, 9600), 4, 1),
        (wish(Scratch1, Ssd, 0, 1200), 1, 1),
        (wish(Scratch1, Ssd, 0, 7200), 2, 1),
        (wish(Persistent2, Ssd, 250, 1200), 1, 1),
        (wish(Persistent2, Ssd, 250, 4800), 2, 1),
        (wish(Persistent1, Hdd, 12, 12_000), 2, 1),
        (wish(Persistent1, Hdd, 40, 9000), 5, 1),
        (FileSystemWish { efa: true, ..wish(Persistent2, Ssd, 250, 38_400) }, 2, 1),
        (metadata(Metadata::Provisioned(1500)), 21, 1),
        (metadata(Metadata::Provisioned(24_000)), 21, 2),
        (metadata(Metadata::Automatic), 21, 3),
        (FileSystemWish { tiering, ..wish(Persistent2, IntelligentTiering, 0, 0) }, 3, 1),
    ];
    for (wish, object, metadata) in table {
        assert_eq!(servers(&wish), Some(Servers { object, metadata }), "{wish:?}");
        assert_eq!(addresses_needed(&wish), Some(object + metadata));
    }
    assert_eq!(addresses_needed(&wish(Persistent2, Hdd, 12, 6000)), None);
}
