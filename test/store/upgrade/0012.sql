SELECT mosaic_api_egress_refused('2026-01-02 03:04:05', 'user', 'c-upgraded', 'evil.example:443: not allowed');
