import ByteText

/// The candidate that a mistyped word most likely means, or nil when none is near.
package func nearest(to word: String, among candidates: some Sequence<String>) -> String? {
  let wanted = Array(word.lowercased().unicodeScalars.prefix(80))
  let reach = max(1, wanted.count / 3)
  var best: (distance: Int, word: String)?
  for candidate in candidates.sorted() {
    let letters = Array(candidate.lowercased().unicodeScalars.prefix(80))
    guard abs(letters.count - wanted.count) <= reach else { continue }
    let distance = editDistance(wanted, letters)
    if distance <= reach, distance < best?.distance ?? .max { best = (distance, candidate) }
  }
  return best?.word ?? completion(of: wanted, among: candidates)
}

/// What a word that was cut short begins: `batches` of `batch`. nil where it begins several that are not each
/// other's beginnings, as `canary` is of `canary_for`.
private func completion(of wanted: [Unicode.Scalar], among candidates: some Sequence<String>) -> String? {
  guard wanted.count >= 3 else { return nil }
  let fitting = candidates.filter { Array($0.lowercased().unicodeScalars).starts(with: wanted) }
  guard let shortest = fitting.min(by: { ($0.utf8.count, $0) < ($1.utf8.count, $1) }) else { return nil }
  return fitting.allSatisfy { $0.lowercased().begins(with: shortest.lowercased()) } ? shortest : nil
}

package func didYouMean(_ word: String, among candidates: some Sequence<String>) -> String? {
  nearest(to: word, among: candidates).map { "did you mean \"\($0)\"?" }
}

/// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other
/// (optimal string alignment).
private func editDistance(_ one: [Unicode.Scalar], _ other: [Unicode.Scalar]) -> Int {
  var before: [Int] = []
  var last = Array(0...other.count)
  for row in 0..<one.count {
    var current = [row + 1]
    for column in 0..<other.count {
      var cost = min(
        last[column] + (one[row] == other[column] ? 0 : 1), last[column + 1] + 1,
        current[column] + 1)
      if row > 0, column > 0, one[row] == other[column - 1], one[row - 1] == other[column] {
        cost = min(cost, before[column - 1] + 1)
      }
      current.append(cost)
    }
    (before, last) = (last, current)
  }
  return last[other.count]
}
