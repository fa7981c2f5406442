"""The blind test: the author, or somebody who knows her writing, tells her passages from the models'."""
