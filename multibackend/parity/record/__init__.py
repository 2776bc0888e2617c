"""WHAT came out: safetensors beside JSON, written case by case; never pickle."""
