"""What people and other programs read: tables and exports."""
