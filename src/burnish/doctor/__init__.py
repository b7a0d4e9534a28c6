"""What works on this machine and what does not, each with its remedy: `burnish doctor`."""
