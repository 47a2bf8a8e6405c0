"""Fitted models and weights, as package data; each can be made again by a command of `training/`."""
