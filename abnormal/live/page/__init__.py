"""The page to look at while cameras are watched, served by the watching program itself."""
