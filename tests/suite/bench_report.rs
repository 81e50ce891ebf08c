//! What `benches/compare` makes of its times: medians, ratios, and whether growth is linear.

#[allow(dead_code, reason = "the benchmark uses the rest")]
#[path = "../../benches/compare/report.rs"]
mod report;

use std::time::Duration;

use self::report::{Measured, Section, Series, growth, ratio};

fn measured(name: &str, micros: &[u64], peak_kib: Option<u64>) -> Measured {
    let times = micros.iter().copied().map(Duration::from_micros);
    Measured::of(name, times.collect(), peak_kib)
}

#[test]
fn the_median_and_the_spread_do_not_depend_on_the_order() {
    let one = measured("x", &[6, 11, 2, 9, 4, 7, 5, 8, 3, 10, 1], None);
    assert_eq!(one.median, Duration::from_micros(6));
    assert_eq!(
        one.spread,
        (Duration::from_micros(2), Duration::from_micros(10))
    );
    let alone = measured("x", &[5], None);
    assert_eq!(alone.spread, (alone.median, alone.median));
}

#[test]
fn ratios_have_the_digits_that_mean_something() {
    let ratio = |time| ratio(Duration::from_micros(time), Duration::from_micros(1000));
    assert_eq!(
        [ratio(500), ratio(9940), ratio(12_345), ratio(1_234_567)],
        ["0.5", "9.9", "12", "1235"]
    );
}

#[test]
fn a_contest_has_ratios_to_its_first_row_and_another_table_has_none() {
    let rows = || {
        vec![
            measured("ours", &[2000, 1900, 2100], Some(2048)),
            measured("theirs", &[5000, 5000, 5000], None),
        ]
    };
    let section = |is_contest| Section {
        title: "Work",
        measured: rows(),
        is_contest,
    };
    assert_eq!(
        section(true).table(),
        "\
## Work

| process | median | as long as ours | 10th to 90th percentile | peak memory |
| --- | ---: | ---: | ---: | ---: |
| ours | 2.0 ms | 1.0 | 1.9 to 2.1 ms | 2.0 MiB |
| theirs | 5.0 ms | 2.5 | 5.0 to 5.0 ms | - |
"
    );
    assert_eq!(
        section(false).table(),
        "\
## Work

| process | median | 10th to 90th percentile | peak memory |
| --- | ---: | ---: | ---: |
| ours | 2.0 ms | 1.9 to 2.1 ms | 2.0 MiB |
| theirs | 5.0 ms | 5.0 to 5.0 ms | - |
"
    );
}

#[test]
fn growth_compares_what_one_more_costs_and_not_what_all_cost() {
    let points = |cost: fn(f64) -> f64| [10, 100, 1000].map(|count| (count, cost(count as f64)));
    let near = |points: &[(usize, f64)], wanted: f64| {
        growth(points).is_some_and(|growth| (growth - wanted).abs() < 1e-9)
    };
    assert!(near(&points(|count| 500.0 + 3.0 * count), 1.0));
    assert!(near(&points(|count| count * count), 10.0));
    assert_eq!(growth(&[(1, 1.0), (2, 2.0)]), None, "it has one step");
    assert_eq!(growth(&[(1, 2.0), (2, 1.0), (3, 5.0)]), None);
}

/// A series of three, with a start of 2 ms and 1 MiB.
fn told(counts: [usize; 3], micros: fn(u64) -> u64) -> (String, bool) {
    let measured = counts.map(|count| {
        let one = micros(count as u64);
        measured("x", &[2000 + one], Some(1024 + count as u64 / 2))
    });
    let points = counts.into_iter().zip(&measured).collect();
    let what = "things";
    Series { what, points }.told().expect("it is long enough")
}

#[test]
fn a_series_is_linear_or_it_is_not() {
    assert_eq!(
        told([10, 100, 1000], |count| 1500 * count),
        (
            "- things: 1.5 ms for one more between 100 and 1000, 1.00 times what it is in the first step: linear; \
             0.5 KiB of memory\n"
                .to_owned(),
            true
        )
    );
    // Sizes that lie close together tell a square from a line as well.
    assert!(told([1000, 2000, 4094], |count| 7 * count).1);
    let (text, is_linear) = told([1000, 2000, 4094], |count| count * count / 100);
    assert!(!is_linear && text.contains("more than linear"), "{text}");
}
