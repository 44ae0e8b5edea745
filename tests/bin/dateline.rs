fn main() -> std::process::ExitCode {
    dateline::main()
}
