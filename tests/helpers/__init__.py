"""What several tests need: commands, copies of the project, MNIST, one result for all workers."""
