//! Whole processes, ours and what others take for the same work, side by side: medians, ratios and growth, as tables and
//! as docs/performance.md.
//!
//! `cargo bench --bench compare`; with `-- --quick` a few runs of small cases and no file, with `-- --only TEXT` the
//! sections whose titles have that text, and no file.

mod case;
mod inputs;
mod own;
mod peers;
mod rendered;
mod report;

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;

use case::{Case, measure};
use peers::Peers;
use report::{Section, Series};

/// The page around the figures.
const PAGE: &str = include_str!("page.md");

/// The sizes of what grows.
struct Sizes {
    networks: &'static [usize],
    fleet: &'static [usize],
    many_networks: usize,
}

const WHOLE: Sizes = Sizes {
    networks: &[100, 1000, 2000, 4094],
    fleet: &[10, 100, 1000],
    many_networks: 4000,
};

const QUICK: Sizes = Sizes {
    networks: &[100, 1000, 2000, 4094],
    fleet: &[2, 8, 32],
    many_networks: 400,
};

const OURS: [&str; 4] = [
    "One site",
    "Networks alone",
    "Exports and revisions",
    "A fleet of sites",
];

const CONTESTS: [&str; 5] = [
    "1,000 networks",
    "Thousands of networks",
    "Three profiles",
    "Differences of one layer of 200 KB",
    "Differences of the infra profiles of 1.7.0 and 1.9.0",
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().collect();
    let quick = arguments.iter().any(|argument| argument == "--quick");
    let only = arguments
        .iter()
        .skip_while(|argument| *argument != "--only")
        .nth(1);
    let sizes = if quick { QUICK } else { WHOLE };
    let scratch = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("compare");
    let _ = fs::remove_dir_all(&scratch);
    fs::create_dir_all(&scratch).expect("the folder can be made");

    let mut missing = Vec::new();
    let mut sections = Vec::new();
    for title in OURS.into_iter().chain(CONTESTS) {
        if only.is_some_and(|only| !title.contains(only)) {
            continue;
        }
        let cases = cases(title, &scratch, &sizes, &mut missing);
        let section = Section {
            title,
            measured: measure(&cases, quick),
            is_contest: CONTESTS.contains(&title),
        };
        println!("{}", section.table());
        sections.push(section);
    }
    let (growth, is_linear) = growth(&sections, &sizes);
    println!("{growth}");
    for one in &missing {
        println!("- left out: {one}");
    }
    let _ = fs::remove_dir_all(&scratch);
    if !quick && only.is_none() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/performance.md");
        fs::write(file, page(&sections, &growth, &missing)).expect("the page can be written");
        if !is_linear {
            eprintln!("something grows faster than what it is given");
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}

fn cases(title: &str, scratch: &Path, sizes: &Sizes, missing: &mut Vec<String>) -> Vec<Case> {
    match title {
        "One site" => return own::render(scratch, missing),
        "Networks alone" => return own::networks(sizes.networks),
        "Exports and revisions" => return own::exports(scratch, missing),
        "A fleet of sites" => return own::fleet(scratch, sizes.fleet),
        _ => {}
    }
    let mut peers = Peers { scratch, missing };
    match title {
        "1,000 networks" => peers.networks(1000),
        "Thousands of networks" => peers.networks(sizes.many_networks),
        "Three profiles" => peers.profiles(),
        "Differences of one layer of 200 KB" => peers.layer(),
        _ => peers.revisions(),
    }
}

/// What one more costs, and whether all of it is linear.
fn growth(sections: &[Section], sizes: &Sizes) -> (String, bool) {
    let all = || sections.iter().flat_map(|section| &section.measured);
    let series = |what, counts: &[usize], name: &dyn Fn(usize) -> String| {
        let points = counts.iter().filter_map(|&count| {
            let name = name(count);
            Some((count, all().find(|one| one.name == name)?))
        });
        let points = points.collect();
        Series { what, points }.told()
    };
    let told = [
        series("sites of a fleet", sizes.fleet, &own::fleet_of),
        series("networks", sizes.networks, &own::networks_of),
        series("lines of a pack", &own::PACK_LINES, &own::render_of_pack),
        series("MB of an export, compared", &own::MEGABYTES, &own::diff_of),
        series("MB of an export, checked", &own::MEGABYTES, &own::check_of),
        series("MB of one list, compared", &own::PARTS, &|size| {
            own::diff_of_one("list", size)
        }),
        series("MB of one text, compared", &own::PARTS, &|size| {
            own::diff_of_one("text", size)
        }),
    ];
    let told: Vec<(String, bool)> = told.into_iter().flatten().collect();
    let is_linear = told.iter().all(|(_, is_linear)| *is_linear);
    (told.into_iter().map(|(text, _)| text).collect(), is_linear)
}

fn page(sections: &[Section], growth: &str, missing: &[String]) -> String {
    let tables: Vec<String> = sections.iter().map(Section::table).collect();
    let missing = if missing.is_empty() {
        "- nobody\n".to_owned()
    } else {
        missing.iter().map(|one| format!("- {one}\n")).collect()
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    PAGE.replace("CORES", &cores.to_string())
        .replace("TABLES\n", &tables.join("\n"))
        .replace("GROWTH\n", growth)
        .replace("MISSING\n", &missing)
}
