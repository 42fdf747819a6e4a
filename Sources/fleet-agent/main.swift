import Agent
import Glibc

let arguments = CommandLine.arguments.dropFirst()
guard arguments.first == IsolateVerb.name else { exit(64) }
exit(IsolateVerb.main(Array(arguments.dropFirst())))
