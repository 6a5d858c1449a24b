//! Others judge the sandbox.

mod kubernetes;

fn main() {
    let arguments = libtest_mimic::Arguments::from_args();
    libtest_mimic::run(&arguments, kubernetes::trials()).exit();
}
