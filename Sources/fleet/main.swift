import Coordinator
import Glibc

exit(await FleetProgram.run(Array(CommandLine.arguments.dropFirst()), on: .system()))
