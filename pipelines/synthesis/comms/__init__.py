"""Communications data of the synthetic world, in the providers' own words."""
