enum ReleasePlaceholder {}
