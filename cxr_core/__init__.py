"""CXR Workbench: read chest X-rays for pneumonia, look at data sets, train and prove networks."""

__version__ = "0.1.0"
