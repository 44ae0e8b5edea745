fn main() { dateline::main() }
