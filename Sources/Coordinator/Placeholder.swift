enum CoordinatorPlaceholder {}
