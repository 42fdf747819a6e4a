enum DownloadPlaceholder {}
