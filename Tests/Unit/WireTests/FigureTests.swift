import Testing
import Wire

@Suite struct FigureTests {
  private let extremes: [Int64] = [.min, .min + 1, -1, 0, 1, 1 << 53, .max - 1, .max]

  @Test(arguments: Figure.allCases) func `what can be stays, and is known`(figure: Figure) {
    for possible in [figure.range.lowerBound, figure.range.upperBound] {
      #expect(figure.nearest(possible) == possible)
      #expect(figure.known(possible) == possible)
    }
    #expect(figure.known(nil as Int?) == nil)
  }

  @Test(arguments: Figure.allCases) func `what cannot be is the nearest that can, or not known`(
    figure: Figure
  ) {
    for said in extremes where !figure.range.contains(said) {
      let nearest = said < figure.range.lowerBound ? figure.range.lowerBound : figure.range.upperBound
      #expect(figure.nearest(said) == nearest)
      #expect(figure.known(said) == nil)
    }
    #expect(figure.nearest(UInt64.max) == UInt64(figure.range.upperBound))
    #expect(!figure.isPossible(UInt64.max))
  }

  @Test(arguments: Figure.allCases) func `a sum of any two can be`(figure: Figure) {
    for one in extremes { for other in extremes { #expect(figure.isPossible(figure.sum(one, other))) } }
    #expect(Figure.bytes.sum(2, 3) == 5)
  }

  @Test(arguments: Figure.allCases) func `a thousand times what can be is still a number`(figure: Figure) {
    #expect(!figure.range.upperBound.multipliedReportingOverflow(by: 1_000).overflow)
  }
}
